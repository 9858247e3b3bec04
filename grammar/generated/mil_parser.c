/* A Bison parser, made by GNU Bison 3.8.2.  */

/* Bison implementation for Yacc-like parsers in C

   Copyright (C) 1984, 1989-1990, 2000-2015, 2018-2021 Free Software Foundation,
   Inc.

   This program is free software: you can redistribute it and/or modify
   it under the terms of the GNU General Public License as published by
   the Free Software Foundation, either version 3 of the License, or
   (at your option) any later version.

   This program is distributed in the hope that it will be useful,
   but WITHOUT ANY WARRANTY; without even the implied warranty of
   MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
   GNU General Public License for more details.

   You should have received a copy of the GNU General Public License
   along with this program.  If not, see <https://www.gnu.org/licenses/>.  */

/* As a special exception, you may create a larger work that contains
   part or all of the Bison parser skeleton and distribute that work
   under terms of your choice, so long as that work isn't itself a
   parser generator using the skeleton or a modified version thereof
   as a parser skeleton.  Alternatively, if you modify or redistribute
   the parser skeleton itself, you may (at your option) remove this
   special exception, which will cause the skeleton and the resulting
   Bison output files to be licensed under the GNU General Public
   License without this special exception.

   This special exception was added by the Free Software Foundation in
   version 2.2 of Bison.  */

/* C LALR(1) parser skeleton written by Richard Stallman, by
   simplifying the original so-called "semantic" parser.  */

/* DO NOT RELY ON FEATURES THAT ARE NOT DOCUMENTED in the manual,
   especially those whose name start with YY_ or yy_.  They are
   private implementation details that can be changed or removed.  */

/* All symbols defined below should begin with yy or YY, to avoid
   infringing on user name space.  This should be done even for local
   variables, as they might otherwise be expanded by user macros.
   There are some unavoidable exceptions within include files to
   define necessary library symbols; they are noted "INFRINGES ON
   USER NAME SPACE" below.  */

/* Identify Bison output, and Bison version.  */
#define YYBISON 30802

/* Bison version string.  */
#define YYBISON_VERSION "3.8.2"

/* Skeleton name.  */
#define YYSKELETON_NAME "yacc.c"

/* Pure parsers.  */
#define YYPURE 2

/* Push parsers.  */
#define YYPUSH 0

/* Pull parsers.  */
#define YYPULL 1

/* Substitute the type names.  */
#define YYSTYPE         MIL_YYSTYPE
#define YYLTYPE         MIL_YYLTYPE
/* Substitute the variable and function names.  */
#define yyparse         mil_yyparse
#define yylex           mil_yylex
#define yyerror         mil_yyerror
#define yydebug         mil_yydebug
#define yynerrs         mil_yynerrs


# ifndef YY_CAST
#  ifdef __cplusplus
#   define YY_CAST(Type, Val) static_cast<Type> (Val)
#   define YY_REINTERPRET_CAST(Type, Val) reinterpret_cast<Type> (Val)
#  else
#   define YY_CAST(Type, Val) ((Type) (Val))
#   define YY_REINTERPRET_CAST(Type, Val) ((Type) (Val))
#  endif
# endif
# ifndef YY_NULLPTR
#  if defined __cplusplus
#   if 201103L <= __cplusplus
#    define YY_NULLPTR nullptr
#   else
#    define YY_NULLPTR 0
#   endif
#  else
#   define YY_NULLPTR ((void*)0)
#  endif
# endif

#include "mil_parser.h"
/* Symbol kind.  */
enum yysymbol_kind_t
{
  YYSYMBOL_YYEMPTY = -2,
  YYSYMBOL_YYEOF = 0,                      /* "the end of the text"  */
  YYSYMBOL_YYerror = 1,                    /* error  */
  YYSYMBOL_YYUNDEF = 2,                    /* "invalid token"  */
  YYSYMBOL_PROGRAM = 3,                    /* "program"  */
  YYSYMBOL_FUNC = 4,                       /* "func"  */
  YYSYMBOL_ARROW = 5,                      /* "->"  */
  YYSYMBOL_TENSOR = 6,                     /* "tensor"  */
  YYSYMBOL_LIST = 7,                       /* "list"  */
  YYSYMBOL_TUPLE = 8,                      /* "tuple"  */
  YYSYMBOL_DICT = 9,                       /* "dict"  */
  YYSYMBOL_STATE = 10,                     /* "state"  */
  YYSYMBOL_BUFFER = 11,                    /* "tensor_buffer"  */
  YYSYMBOL_BLOBFILE = 12,                  /* "BLOBFILE"  */
  YYSYMBOL_NUMBER = 13,                    /* NUMBER  */
  YYSYMBOL_STRING = 14,                    /* STRING  */
  YYSYMBOL_TRUE = 15,                      /* "true"  */
  YYSYMBOL_FALSE = 16,                     /* "false"  */
  YYSYMBOL_LPAREN = 17,                    /* "("  */
  YYSYMBOL_RPAREN = 18,                    /* ")"  */
  YYSYMBOL_LBRACKET = 19,                  /* "["  */
  YYSYMBOL_RBRACKET = 20,                  /* "]"  */
  YYSYMBOL_LBRACE = 21,                    /* "{"  */
  YYSYMBOL_RBRACE = 22,                    /* "}"  */
  YYSYMBOL_LESS = 23,                      /* "<"  */
  YYSYMBOL_GREATER = 24,                   /* ">"  */
  YYSYMBOL_COMMA = 25,                     /* ","  */
  YYSYMBOL_EQUALS = 26,                    /* "="  */
  YYSYMBOL_SEMICOLON = 27,                 /* ";"  */
  YYSYMBOL_ANY = 28,                       /* "?"  */
  YYSYMBOL_NAME = 29,                      /* NAME  */
  YYSYMBOL_DTYPE = 30,                     /* DTYPE  */
  YYSYMBOL_YYACCEPT = 31,                  /* $accept  */
  YYSYMBOL_program = 32,                   /* program  */
  YYSYMBOL_version = 33,                   /* version  */
  YYSYMBOL_program_attrs = 34,             /* program_attrs  */
  YYSYMBOL_funcs = 35,                     /* funcs  */
  YYSYMBOL_func = 36,                      /* func  */
  YYSYMBOL_target = 37,                    /* target  */
  YYSYMBOL_params = 38,                    /* params  */
  YYSYMBOL_body = 39,                      /* body  */
  YYSYMBOL_results = 40,                   /* results  */
  YYSYMBOL_stmts = 41,                     /* stmts  */
  YYSYMBOL_opt_names = 42,                 /* opt_names  */
  YYSYMBOL_typed_names = 43,               /* typed_names  */
  YYSYMBOL_typed_name = 44,                /* typed_name  */
  YYSYMBOL_opt_name_list = 45,             /* opt_name_list  */
  YYSYMBOL_name_list = 46,                 /* name_list  */
  YYSYMBOL_call = 47,                      /* call  */
  YYSYMBOL_opset = 48,                     /* opset  */
  YYSYMBOL_blocks = 49,                    /* blocks  */
  YYSYMBOL_block = 50,                     /* block  */
  YYSYMBOL_args = 51,                      /* args  */
  YYSYMBOL_opt_arg_list = 52,              /* opt_arg_list  */
  YYSYMBOL_arg_list = 53,                  /* arg_list  */
  YYSYMBOL_arg = 54,                       /* arg  */
  YYSYMBOL_argval = 55,                    /* argval  */
  YYSYMBOL_arg_tuple = 56,                 /* arg_tuple  */
  YYSYMBOL_attrs = 57,                     /* attrs  */
  YYSYMBOL_opt_attr_list = 58,             /* opt_attr_list  */
  YYSYMBOL_attr_list = 59,                 /* attr_list  */
  YYSYMBOL_attr = 60,                      /* attr  */
  YYSYMBOL_value = 61,                     /* value  */
  YYSYMBOL_bare = 62,                      /* bare  */
  YYSYMBOL_mark = 63,                      /* mark  */
  YYSYMBOL_literal = 64,                   /* literal  */
  YYSYMBOL_65_1 = 65,                      /* $@1  */
  YYSYMBOL_66_2 = 66,                      /* $@2  */
  YYSYMBOL_simple = 67,                    /* simple  */
  YYSYMBOL_68_3 = 68,                      /* $@3  */
  YYSYMBOL_opt_literals = 69,              /* opt_literals  */
  YYSYMBOL_literals = 70,                  /* literals  */
  YYSYMBOL_opt_pairs = 71,                 /* opt_pairs  */
  YYSYMBOL_pairs = 72,                     /* pairs  */
  YYSYMBOL_pair = 73,                      /* pair  */
  YYSYMBOL_blob_place = 74,                /* blob_place  */
  YYSYMBOL_type = 75,                      /* type  */
  YYSYMBOL_layout = 76,                    /* layout  */
  YYSYMBOL_type_list = 77,                 /* type_list  */
  YYSYMBOL_shape = 78,                     /* shape  */
  YYSYMBOL_opt_dims = 79,                  /* opt_dims  */
  YYSYMBOL_dims = 80,                      /* dims  */
  YYSYMBOL_dim = 81,                       /* dim  */
  YYSYMBOL_name = 82                       /* name  */
};
typedef enum yysymbol_kind_t yysymbol_kind_t;



/* Unqualified %code blocks.  */

#include <string.h>

#define YYLLOC_DEFAULT(whole, parts, n) ((whole) = (n) ? YYRHSLOC(parts, 1) : YYRHSLOC(parts, 0))

/* everything above height `first` of a stack, as an array of its own */
#define TAKE(stack, first)                                                                         \
    take(r, r->stack.at, &r->stack.len, (first), sizeof *r->stack.at)

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            YYABORT;                                                                               \
        }                                                                                          \
    } while (0)

static void mil_yyerror(const mil_loc *at, mil_reader *r, const char *message);
static mil_list take(mil_reader *r, const void *stack, size_t *height, size_t first, size_t size);
static char *word(mil_reader *r, const char *s);
static mil_mark here(const mil_reader *r);
static bool set_version(mil_reader *r, mil_loc at, const unsigned char *digits);
static bool parse_dim(mil_reader *r, mil_loc at, const unsigned char *digits, int64_t *dim);
static bool tensor_type(mil_reader *r, mil_loc at, mil_dtype dtype, mil_list dims, mil_type *type);
static mil_type compound(mil_type_kind kind, mil_list parts);
static mil_arg literal_arg(mil_reader *r, const mil_value *value);
static mil_arg tuple_arg(mil_list parts);


#ifdef short
# undef short
#endif

/* On compilers that do not define __PTRDIFF_MAX__ etc., make sure
   <limits.h> and (if available) <stdint.h> are included
   so that the code can choose integer types of a good width.  */

#ifndef __PTRDIFF_MAX__
# include <limits.h> /* INFRINGES ON USER NAME SPACE */
# if defined __STDC_VERSION__ && 199901 <= __STDC_VERSION__
#  include <stdint.h> /* INFRINGES ON USER NAME SPACE */
#  define YY_STDINT_H
# endif
#endif

/* Narrow types that promote to a signed type and that can represent a
   signed or unsigned integer of at least N bits.  In tables they can
   save space and decrease cache pressure.  Promoting to a signed type
   helps avoid bugs in integer arithmetic.  */

#ifdef __INT_LEAST8_MAX__
typedef __INT_LEAST8_TYPE__ yytype_int8;
#elif defined YY_STDINT_H
typedef int_least8_t yytype_int8;
#else
typedef signed char yytype_int8;
#endif

#ifdef __INT_LEAST16_MAX__
typedef __INT_LEAST16_TYPE__ yytype_int16;
#elif defined YY_STDINT_H
typedef int_least16_t yytype_int16;
#else
typedef short yytype_int16;
#endif

/* Work around bug in HP-UX 11.23, which defines these macros
   incorrectly for preprocessor constants.  This workaround can likely
   be removed in 2023, as HPE has promised support for HP-UX 11.23
   (aka HP-UX 11i v2) only through the end of 2022; see Table 2 of
   <https://h20195.www2.hpe.com/V2/getpdf.aspx/4AA4-7673ENW.pdf>.  */
#ifdef __hpux
# undef UINT_LEAST8_MAX
# undef UINT_LEAST16_MAX
# define UINT_LEAST8_MAX 255
# define UINT_LEAST16_MAX 65535
#endif

#if defined __UINT_LEAST8_MAX__ && __UINT_LEAST8_MAX__ <= __INT_MAX__
typedef __UINT_LEAST8_TYPE__ yytype_uint8;
#elif (!defined __UINT_LEAST8_MAX__ && defined YY_STDINT_H \
       && UINT_LEAST8_MAX <= INT_MAX)
typedef uint_least8_t yytype_uint8;
#elif !defined __UINT_LEAST8_MAX__ && UCHAR_MAX <= INT_MAX
typedef unsigned char yytype_uint8;
#else
typedef short yytype_uint8;
#endif

#if defined __UINT_LEAST16_MAX__ && __UINT_LEAST16_MAX__ <= __INT_MAX__
typedef __UINT_LEAST16_TYPE__ yytype_uint16;
#elif (!defined __UINT_LEAST16_MAX__ && defined YY_STDINT_H \
       && UINT_LEAST16_MAX <= INT_MAX)
typedef uint_least16_t yytype_uint16;
#elif !defined __UINT_LEAST16_MAX__ && USHRT_MAX <= INT_MAX
typedef unsigned short yytype_uint16;
#else
typedef int yytype_uint16;
#endif

#ifndef YYPTRDIFF_T
# if defined __PTRDIFF_TYPE__ && defined __PTRDIFF_MAX__
#  define YYPTRDIFF_T __PTRDIFF_TYPE__
#  define YYPTRDIFF_MAXIMUM __PTRDIFF_MAX__
# elif defined PTRDIFF_MAX
#  ifndef ptrdiff_t
#   include <stddef.h> /* INFRINGES ON USER NAME SPACE */
#  endif
#  define YYPTRDIFF_T ptrdiff_t
#  define YYPTRDIFF_MAXIMUM PTRDIFF_MAX
# else
#  define YYPTRDIFF_T long
#  define YYPTRDIFF_MAXIMUM LONG_MAX
# endif
#endif

#ifndef YYSIZE_T
# ifdef __SIZE_TYPE__
#  define YYSIZE_T __SIZE_TYPE__
# elif defined size_t
#  define YYSIZE_T size_t
# elif defined __STDC_VERSION__ && 199901 <= __STDC_VERSION__
#  include <stddef.h> /* INFRINGES ON USER NAME SPACE */
#  define YYSIZE_T size_t
# else
#  define YYSIZE_T unsigned
# endif
#endif

#define YYSIZE_MAXIMUM                                  \
  YY_CAST (YYPTRDIFF_T,                                 \
           (YYPTRDIFF_MAXIMUM < YY_CAST (YYSIZE_T, -1)  \
            ? YYPTRDIFF_MAXIMUM                         \
            : YY_CAST (YYSIZE_T, -1)))

#define YYSIZEOF(X) YY_CAST (YYPTRDIFF_T, sizeof (X))


/* Stored state numbers (used for stacks). */
typedef yytype_uint8 yy_state_t;

/* State numbers in computations.  */
typedef int yy_state_fast_t;

#ifndef YY_
# if defined YYENABLE_NLS && YYENABLE_NLS
#  if ENABLE_NLS
#   include <libintl.h> /* INFRINGES ON USER NAME SPACE */
#   define YY_(Msgid) dgettext ("bison-runtime", Msgid)
#  endif
# endif
# ifndef YY_
#  define YY_(Msgid) Msgid
# endif
#endif


#ifndef YY_ATTRIBUTE_PURE
# if defined __GNUC__ && 2 < __GNUC__ + (96 <= __GNUC_MINOR__)
#  define YY_ATTRIBUTE_PURE __attribute__ ((__pure__))
# else
#  define YY_ATTRIBUTE_PURE
# endif
#endif

#ifndef YY_ATTRIBUTE_UNUSED
# if defined __GNUC__ && 2 < __GNUC__ + (7 <= __GNUC_MINOR__)
#  define YY_ATTRIBUTE_UNUSED __attribute__ ((__unused__))
# else
#  define YY_ATTRIBUTE_UNUSED
# endif
#endif

/* Suppress unused-variable warnings by "using" E.  */
#if ! defined lint || defined __GNUC__
# define YY_USE(E) ((void) (E))
#else
# define YY_USE(E) /* empty */
#endif

/* Suppress an incorrect diagnostic about yylval being uninitialized.  */
#if defined __GNUC__ && ! defined __ICC && 406 <= __GNUC__ * 100 + __GNUC_MINOR__
# if __GNUC__ * 100 + __GNUC_MINOR__ < 407
#  define YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN                           \
    _Pragma ("GCC diagnostic push")                                     \
    _Pragma ("GCC diagnostic ignored \"-Wuninitialized\"")
# else
#  define YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN                           \
    _Pragma ("GCC diagnostic push")                                     \
    _Pragma ("GCC diagnostic ignored \"-Wuninitialized\"")              \
    _Pragma ("GCC diagnostic ignored \"-Wmaybe-uninitialized\"")
# endif
# define YY_IGNORE_MAYBE_UNINITIALIZED_END      \
    _Pragma ("GCC diagnostic pop")
#else
# define YY_INITIAL_VALUE(Value) Value
#endif
#ifndef YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN
# define YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN
# define YY_IGNORE_MAYBE_UNINITIALIZED_END
#endif
#ifndef YY_INITIAL_VALUE
# define YY_INITIAL_VALUE(Value) /* Nothing. */
#endif

#if defined __cplusplus && defined __GNUC__ && ! defined __ICC && 6 <= __GNUC__
# define YY_IGNORE_USELESS_CAST_BEGIN                          \
    _Pragma ("GCC diagnostic push")                            \
    _Pragma ("GCC diagnostic ignored \"-Wuseless-cast\"")
# define YY_IGNORE_USELESS_CAST_END            \
    _Pragma ("GCC diagnostic pop")
#endif
#ifndef YY_IGNORE_USELESS_CAST_BEGIN
# define YY_IGNORE_USELESS_CAST_BEGIN
# define YY_IGNORE_USELESS_CAST_END
#endif


#define YY_ASSERT(E) ((void) (0 && (E)))

#if 1

/* The parser invokes alloca or malloc; define the necessary symbols.  */

# ifdef YYSTACK_ALLOC
   /* Pacify GCC's 'empty if-body' warning.  */
#  define YYSTACK_FREE(Ptr) do { /* empty */; } while (0)
#  ifndef YYSTACK_ALLOC_MAXIMUM
    /* The OS might guarantee only one guard page at the bottom of the stack,
       and a page size can be as small as 4096 bytes.  So we cannot safely
       invoke alloca (N) if N exceeds 4096.  Use a slightly smaller number
       to allow for a few compiler-allocated temporary stack slots.  */
#   define YYSTACK_ALLOC_MAXIMUM 4032 /* reasonable circa 2006 */
#  endif
# else
#  define YYSTACK_ALLOC YYMALLOC
#  define YYSTACK_FREE YYFREE
#  ifndef YYSTACK_ALLOC_MAXIMUM
#   define YYSTACK_ALLOC_MAXIMUM YYSIZE_MAXIMUM
#  endif
#  if (defined __cplusplus && ! defined EXIT_SUCCESS \
       && ! ((defined YYMALLOC || defined malloc) \
             && (defined YYFREE || defined free)))
#   include <stdlib.h> /* INFRINGES ON USER NAME SPACE */
#   ifndef EXIT_SUCCESS
#    define EXIT_SUCCESS 0
#   endif
#  endif
#  ifndef YYMALLOC
#   define YYMALLOC malloc
#   if ! defined malloc && ! defined EXIT_SUCCESS
void *malloc (YYSIZE_T); /* INFRINGES ON USER NAME SPACE */
#   endif
#  endif
#  ifndef YYFREE
#   define YYFREE free
#   if ! defined free && ! defined EXIT_SUCCESS
void free (void *); /* INFRINGES ON USER NAME SPACE */
#   endif
#  endif
# endif
# define YYCOPY_NEEDED 1
#endif /* 1 */

#if (! defined yyoverflow \
     && (! defined __cplusplus \
         || (defined MIL_YYLTYPE_IS_TRIVIAL && MIL_YYLTYPE_IS_TRIVIAL \
             && defined MIL_YYSTYPE_IS_TRIVIAL && MIL_YYSTYPE_IS_TRIVIAL)))

/* A type that is properly aligned for any stack member.  */
union yyalloc
{
  yy_state_t yyss_alloc;
  YYSTYPE yyvs_alloc;
  YYLTYPE yyls_alloc;
};

/* The size of the maximum gap between one aligned stack and the next.  */
# define YYSTACK_GAP_MAXIMUM (YYSIZEOF (union yyalloc) - 1)

/* The size of an array large to enough to hold all stacks, each with
   N elements.  */
# define YYSTACK_BYTES(N) \
     ((N) * (YYSIZEOF (yy_state_t) + YYSIZEOF (YYSTYPE) \
             + YYSIZEOF (YYLTYPE)) \
      + 2 * YYSTACK_GAP_MAXIMUM)

# define YYCOPY_NEEDED 1

/* Relocate STACK from its old location to the new one.  The
   local variables YYSIZE and YYSTACKSIZE give the old and new number of
   elements in the stack, and YYPTR gives the new location of the
   stack.  Advance YYPTR to a properly aligned location for the next
   stack.  */
# define YYSTACK_RELOCATE(Stack_alloc, Stack)                           \
    do                                                                  \
      {                                                                 \
        YYPTRDIFF_T yynewbytes;                                         \
        YYCOPY (&yyptr->Stack_alloc, Stack, yysize);                    \
        Stack = &yyptr->Stack_alloc;                                    \
        yynewbytes = yystacksize * YYSIZEOF (*Stack) + YYSTACK_GAP_MAXIMUM; \
        yyptr += yynewbytes / YYSIZEOF (*yyptr);                        \
      }                                                                 \
    while (0)

#endif

#if defined YYCOPY_NEEDED && YYCOPY_NEEDED
/* Copy COUNT objects from SRC to DST.  The source and destination do
   not overlap.  */
# ifndef YYCOPY
#  if defined __GNUC__ && 1 < __GNUC__
#   define YYCOPY(Dst, Src, Count) \
      __builtin_memcpy (Dst, Src, YY_CAST (YYSIZE_T, (Count)) * sizeof (*(Src)))
#  else
#   define YYCOPY(Dst, Src, Count)              \
      do                                        \
        {                                       \
          YYPTRDIFF_T yyi;                      \
          for (yyi = 0; yyi < (Count); yyi++)   \
            (Dst)[yyi] = (Src)[yyi];            \
        }                                       \
      while (0)
#  endif
# endif
#endif /* !YYCOPY_NEEDED */

/* YYFINAL -- State number of the termination state.  */
#define YYFINAL  5
/* YYLAST -- Last index in YYTABLE.  */
#define YYLAST   171

/* YYNTOKENS -- Number of terminals.  */
#define YYNTOKENS  31
/* YYNNTS -- Number of nonterminals.  */
#define YYNNTS  52
/* YYNRULES -- Number of rules.  */
#define YYNRULES  103
/* YYNSTATES -- Number of states.  */
#define YYNSTATES  195

/* YYMAXUTOK -- Last valid token kind.  */
#define YYMAXUTOK   285


/* YYTRANSLATE(TOKEN-NUM) -- Symbol number corresponding to TOKEN-NUM
   as returned by yylex, with out-of-bounds checking.  */
#define YYTRANSLATE(YYX)                                \
  (0 <= (YYX) && (YYX) <= YYMAXUTOK                     \
   ? YY_CAST (yysymbol_kind_t, yytranslate[YYX])        \
   : YYSYMBOL_YYUNDEF)

/* YYTRANSLATE[TOKEN-NUM] -- Symbol number corresponding to TOKEN-NUM
   as returned by yylex.  */
static const yytype_int8 yytranslate[] =
{
       0,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     2,     2,     2,     2,
       2,     2,     2,     2,     2,     2,     1,     2,     3,     4,
       5,     6,     7,     8,     9,    10,    11,    12,    13,    14,
      15,    16,    17,    18,    19,    20,    21,    22,    23,    24,
      25,    26,    27,    28,    29,    30
};

#if MIL_YYDEBUG
/* YYRLINE[YYN] -- Source line where rule number YYN was defined.  */
static const yytype_int16 yyrline[] =
{
       0,    93,    93,   100,   102,   104,   105,   107,   115,   117,
     119,   126,   128,   129,   130,   138,   139,   141,   142,   144,
     146,   147,   149,   150,   152,   160,   161,   163,   164,   166,
     175,   177,   178,   180,   181,   183,   190,   191,   192,   193,
     195,   196,   198,   199,   201,   202,   204,   205,   207,   208,
     212,   214,   216,   218,   219,   219,   220,   220,   221,   223,
     224,   225,   226,   227,   227,   229,   230,   232,   233,   235,
     236,   238,   239,   241,   243,   247,   248,   249,   255,   256,
     262,   267,   273,   274,   276,   277,   279,   281,   282,   284,
     285,   287,   288,   291,   292,   293,   294,   295,   296,   297,
     298,   299,   300,   301
};
#endif

/** Accessing symbol of state STATE.  */
#define YY_ACCESSING_SYMBOL(State) YY_CAST (yysymbol_kind_t, yystos[State])

#if 1
/* The user-facing name of the symbol whose (internal) number is
   YYSYMBOL.  No bounds checking.  */
static const char *yysymbol_name (yysymbol_kind_t yysymbol) YY_ATTRIBUTE_UNUSED;

static const char *
yysymbol_name (yysymbol_kind_t yysymbol)
{
  static const char *const yy_sname[] =
  {
  "the end of the text", "error", "invalid token", "program", "func",
  "->", "tensor", "list", "tuple", "dict", "state", "tensor_buffer",
  "BLOBFILE", "NUMBER", "STRING", "true", "false", "(", ")", "[", "]", "{",
  "}", "<", ">", ",", "=", ";", "?", "NAME", "DTYPE", "$accept", "program",
  "version", "program_attrs", "funcs", "func", "target", "params", "body",
  "results", "stmts", "opt_names", "typed_names", "typed_name",
  "opt_name_list", "name_list", "call", "opset", "blocks", "block", "args",
  "opt_arg_list", "arg_list", "arg", "argval", "arg_tuple", "attrs",
  "opt_attr_list", "attr_list", "attr", "value", "bare", "mark", "literal",
  "$@1", "$@2", "simple", "$@3", "opt_literals", "literals", "opt_pairs",
  "pairs", "pair", "blob_place", "type", "layout", "type_list", "shape",
  "opt_dims", "dims", "dim", "name", YY_NULLPTR
  };
  return yy_sname[yysymbol];
}
#endif

#define YYPACT_NINF (-162)

#define yypact_value_is_default(Yyn) \
  ((Yyn) == YYPACT_NINF)

#define YYTABLE_NINF (-76)

#define yytable_value_is_error(Yyn) \
  0

/* YYPACT[STATE-NUM] -- Index in YYTABLE of the portion describing
   STATE-NUM.  */
static const yytype_int16 yypact[] =
{
      21,    13,    34,    27,    32,  -162,    48,    52,    54,  -162,
    -162,  -162,  -162,  -162,  -162,  -162,  -162,  -162,  -162,  -162,
    -162,  -162,    56,    64,  -162,    51,  -162,  -162,    52,    87,
       3,  -162,    67,    68,    78,    79,    80,    81,  -162,  -162,
    -162,    55,    62,    52,  -162,  -162,    70,    87,    87,    87,
      87,    75,  -162,  -162,  -162,  -162,  -162,  -162,  -162,    85,
      84,    86,  -162,    14,    88,    90,    91,    31,    31,    52,
      98,    99,     9,  -162,    87,    87,  -162,    52,    95,   103,
    -162,  -162,  -162,  -162,   101,    97,   105,   104,    87,    32,
       9,   106,  -162,  -162,   107,  -162,   108,    64,  -162,    52,
    -162,    31,   112,  -162,    31,  -162,  -162,   111,   100,  -162,
      52,   113,   115,   114,  -162,  -162,  -162,  -162,     2,   118,
      31,   116,   117,  -162,  -162,  -162,    87,  -162,  -162,   119,
    -162,     9,  -162,  -162,   120,  -162,   112,  -162,    77,  -162,
    -162,    31,  -162,   135,    85,    28,  -162,   121,   124,  -162,
     127,   122,  -162,    52,  -162,    52,    32,  -162,   129,   123,
    -162,   131,   128,  -162,   126,  -162,  -162,    52,  -162,    52,
       6,     4,  -162,  -162,    67,    68,    78,    79,    80,    81,
       6,   137,  -162,  -162,  -162,  -162,  -162,   113,  -162,  -162,
      47,  -162,  -162,     6,  -162
};

/* YYDEFACT[STATE-NUM] -- Default reduction number in state STATE-NUM.
   Performed when YYTABLE does not specify something else to do.  Zero
   means the default is an error.  */
static const yytype_int8 yydefact[] =
{
       0,     0,     0,     0,    42,     1,     0,    44,     0,     4,
       3,    95,    96,    97,    98,    99,   100,   101,   102,   103,
      93,    94,     0,    45,    46,     0,     5,    43,     0,    52,
       0,    47,     0,     0,     0,     0,     0,     0,    75,    48,
      49,     0,     0,     0,     2,     6,     0,     0,     0,     0,
       0,     0,    59,    60,    61,    62,    63,    51,    52,     0,
       0,     0,    84,     0,     0,     0,    82,    65,     0,     0,
       0,     0,     0,    78,     0,     0,    80,     0,     0,     0,
      54,    56,    67,    53,     0,    66,     0,     0,    15,    42,
      87,     0,    91,    92,     0,    85,     0,    83,    81,     0,
      58,    65,    69,    64,     0,    50,     8,     0,    16,    17,
       0,     0,     0,    88,    89,    76,    77,    79,     0,     0,
       0,     0,    70,    71,    68,     9,     0,    19,    12,     0,
      86,     0,    74,    55,     0,    57,     0,    18,     0,     7,
      90,     0,    72,     0,    25,     0,    13,     0,     0,    26,
       0,     0,    73,    20,    10,    31,    42,    14,     0,    21,
      22,     0,    32,    33,     0,    27,    11,     0,    30,     0,
      52,     0,    23,    34,    97,    98,    99,   100,   101,   102,
      52,    94,    35,    37,    38,    36,    24,     0,    28,    40,
       0,    29,    39,    52,    41
};

/* YYPGOTO[NTERM-NUM].  */
static const yytype_int16 yypgoto[] =
{
    -162,  -162,  -162,  -162,  -162,  -162,    11,   -15,   -30,  -162,
    -162,  -162,    20,    33,  -162,  -162,    10,  -162,  -162,  -162,
    -162,  -162,  -162,    -9,  -161,  -162,   -83,  -162,   -66,   134,
     136,   138,   110,   -63,  -162,  -162,   125,  -162,    63,  -162,
    -162,  -162,    35,  -162,   -46,  -162,  -162,  -162,  -162,  -162,
     -82,   -43
};

/* YYDEFGOTO[NTERM-NUM].  */
static const yytype_uint8 yydefgoto[] =
{
       0,     2,     4,     8,    30,    45,    70,    89,   129,   154,
     138,   107,   108,   109,   158,   159,   146,   150,   171,   188,
     156,   161,   162,   163,   182,   190,     9,    22,    23,    24,
     183,   184,    41,    82,   101,   102,    83,    67,    84,    85,
     121,   122,   123,   100,    42,    78,    63,    91,   112,   113,
      94,    25
};

/* YYTABLE[YYPACT[STATE-NUM]] -- What to do in state STATE-NUM.  If
   positive, shift that token.  If negative, reduce the rule whose
   number is the opposite.  If YYTABLE_NINF, syntax error.  */
static const yytype_int16 yytable[] =
{
      59,    61,    62,    64,    65,    86,   111,    43,   114,    11,
      12,    97,   174,   175,   176,   177,   178,   179,    19,   189,
     132,    88,    92,   180,     1,    44,    87,    28,    95,    96,
       3,   186,   194,   118,     5,    20,   181,    93,    73,    74,
       6,   124,   110,    79,    52,    53,    54,    55,    80,   140,
      56,     7,    81,   126,   151,    11,    12,   134,    13,    14,
      15,    16,    17,    18,    19,   192,    10,   127,    52,    53,
      54,    55,   193,   165,    56,    26,    27,    29,   147,    58,
     110,    20,    21,    32,    33,    34,    35,    36,    37,    28,
      46,    47,   110,    32,    33,    34,    35,    36,    37,   143,
      60,    48,    49,    50,    51,    66,   144,    38,    69,    71,
     160,    72,   164,    75,    76,    88,    77,    38,    90,    98,
      99,   103,   104,   105,   172,   126,   164,   185,   106,   125,
     115,   116,   117,   120,   128,   130,   133,   185,   135,   131,
     148,   153,   136,   152,   155,   141,   139,   166,   167,   168,
     185,   144,   170,   169,   -75,   149,   187,   191,   145,   137,
     173,   157,    31,     0,   119,    39,    57,    40,    68,     0,
       0,   142
};

static const yytype_int16 yycheck[] =
{
      43,    47,    48,    49,    50,    68,    89,     4,    90,     3,
       4,    77,     6,     7,     8,     9,    10,    11,    12,   180,
      18,    17,    13,    17,     3,    22,    69,    25,    74,    75,
      17,    27,   193,    99,     0,    29,    30,    28,    24,    25,
      13,   104,    88,    12,    13,    14,    15,    16,    17,   131,
      19,    19,    21,    25,    26,     3,     4,   120,     6,     7,
       8,     9,    10,    11,    12,    18,    18,   110,    13,    14,
      15,    16,    25,   156,    19,    21,    20,    26,   141,    17,
     126,    29,    30,     6,     7,     8,     9,    10,    11,    25,
      23,    23,   138,     6,     7,     8,     9,    10,    11,    22,
      30,    23,    23,    23,    23,    30,    29,    30,    23,    25,
     153,    25,   155,    25,    24,    17,    25,    30,    19,    24,
      17,    20,    25,    18,   167,    25,   169,   170,    24,    18,
      24,    24,    24,    21,    21,    20,    18,   180,    22,    25,
       5,    17,    25,    22,    17,    25,    27,    18,    25,    18,
     193,    29,    26,    25,    17,   144,   171,   187,   138,   126,
     169,   151,    28,    -1,   101,    29,    41,    29,    58,    -1,
      -1,   136
};

/* YYSTOS[STATE-NUM] -- The symbol kind of the accessing symbol of
   state STATE-NUM.  */
static const yytype_int8 yystos[] =
{
       0,     3,    32,    17,    33,     0,    13,    19,    34,    57,
      18,     3,     4,     6,     7,     8,     9,    10,    11,    12,
      29,    30,    58,    59,    60,    82,    21,    20,    25,    26,
      35,    60,     6,     7,     8,     9,    10,    11,    30,    61,
      62,    63,    75,     4,    22,    36,    23,    23,    23,    23,
      23,    23,    13,    14,    15,    16,    19,    67,    17,    82,
      30,    75,    75,    77,    75,    75,    30,    68,    63,    23,
      37,    25,    25,    24,    25,    25,    24,    25,    76,    12,
      17,    21,    64,    67,    69,    70,    64,    82,    17,    38,
      19,    78,    13,    28,    81,    75,    75,    59,    24,    17,
      74,    65,    66,    20,    25,    18,    24,    42,    43,    44,
      75,    57,    79,    80,    81,    24,    24,    24,    59,    69,
      21,    71,    72,    73,    64,    18,    25,    82,    21,    39,
      20,    25,    18,    18,    64,    22,    25,    44,    41,    27,
      81,    25,    73,    22,    29,    43,    47,    64,     5,    37,
      48,    26,    22,    17,    40,    17,    51,    47,    45,    46,
      82,    52,    53,    54,    82,    57,    18,    25,    18,    25,
      26,    49,    82,    54,     6,     7,     8,     9,    10,    11,
      17,    30,    55,    61,    62,    82,    27,    38,    50,    55,
      56,    39,    18,    25,    55
};

/* YYR1[RULE-NUM] -- Symbol kind of the left-hand side of rule RULE-NUM.  */
static const yytype_int8 yyr1[] =
{
       0,    31,    32,    33,    34,    35,    35,    36,    37,    38,
      39,    40,    41,    41,    41,    42,    42,    43,    43,    44,
      45,    45,    46,    46,    47,    48,    48,    49,    49,    50,
      51,    52,    52,    53,    53,    54,    55,    55,    55,    55,
      56,    56,    57,    57,    58,    58,    59,    59,    60,    60,
      61,    62,    63,    64,    65,    64,    66,    64,    64,    67,
      67,    67,    67,    68,    67,    69,    69,    70,    70,    71,
      71,    72,    72,    73,    74,    75,    75,    75,    75,    75,
      75,    75,    76,    76,    77,    77,    78,    79,    79,    80,
      80,    81,    81,    82,    82,    82,    82,    82,    82,    82,
      82,    82,    82,    82
};

/* YYR2[RULE-NUM] -- Number of symbols on the right-hand side of rule RULE-NUM.  */
static const yytype_int8 yyr2[] =
{
       0,     2,     6,     3,     1,     0,     2,     7,     3,     3,
       5,     3,     0,     2,     4,     0,     1,     1,     3,     2,
       0,     1,     1,     3,     6,     0,     1,     0,     2,     2,
       3,     0,     1,     1,     3,     3,     1,     1,     1,     3,
       1,     3,     0,     3,     0,     1,     1,     3,     3,     3,
       5,     2,     0,     1,     0,     4,     0,     4,     2,     1,
       1,     1,     1,     0,     4,     0,     1,     1,     3,     0,
       1,     1,     3,     5,     3,     1,     6,     6,     4,     6,
       4,     5,     0,     2,     1,     3,     3,     0,     1,     1,
       3,     1,     1,     1,     1,     1,     1,     1,     1,     1,
       1,     1,     1,     1
};


enum { YYENOMEM = -2 };

#define yyerrok         (yyerrstatus = 0)
#define yyclearin       (yychar = T_MIL_YYEMPTY)

#define YYACCEPT        goto yyacceptlab
#define YYABORT         goto yyabortlab
#define YYERROR         goto yyerrorlab
#define YYNOMEM         goto yyexhaustedlab


#define YYRECOVERING()  (!!yyerrstatus)

#define YYBACKUP(Token, Value)                                    \
  do                                                              \
    if (yychar == T_MIL_YYEMPTY)                                        \
      {                                                           \
        yychar = (Token);                                         \
        yylval = (Value);                                         \
        YYPOPSTACK (yylen);                                       \
        yystate = *yyssp;                                         \
        YY_LAC_DISCARD ("YYBACKUP");                              \
        goto yybackup;                                            \
      }                                                           \
    else                                                          \
      {                                                           \
        yyerror (&yylloc, r, YY_("syntax error: cannot back up")); \
        YYERROR;                                                  \
      }                                                           \
  while (0)

/* Backward compatibility with an undocumented macro.
   Use T_MIL_YYerror or T_MIL_YYUNDEF. */
#define YYERRCODE T_MIL_YYUNDEF

/* YYLLOC_DEFAULT -- Set CURRENT to span from RHS[1] to RHS[N].
   If N is 0, then set CURRENT to the empty location which ends
   the previous symbol: RHS[0] (always defined).  */

#ifndef YYLLOC_DEFAULT
# define YYLLOC_DEFAULT(Current, Rhs, N)                                \
    do                                                                  \
      if (N)                                                            \
        {                                                               \
          (Current).first_line   = YYRHSLOC (Rhs, 1).first_line;        \
          (Current).first_column = YYRHSLOC (Rhs, 1).first_column;      \
          (Current).last_line    = YYRHSLOC (Rhs, N).last_line;         \
          (Current).last_column  = YYRHSLOC (Rhs, N).last_column;       \
        }                                                               \
      else                                                              \
        {                                                               \
          (Current).first_line   = (Current).last_line   =              \
            YYRHSLOC (Rhs, 0).last_line;                                \
          (Current).first_column = (Current).last_column =              \
            YYRHSLOC (Rhs, 0).last_column;                              \
        }                                                               \
    while (0)
#endif

#define YYRHSLOC(Rhs, K) ((Rhs)[K])


/* Enable debugging if requested.  */
#if MIL_YYDEBUG

# ifndef YYFPRINTF
#  include <stdio.h> /* INFRINGES ON USER NAME SPACE */
#  define YYFPRINTF fprintf
# endif

# define YYDPRINTF(Args)                        \
do {                                            \
  if (yydebug)                                  \
    YYFPRINTF Args;                             \
} while (0)


/* YYLOCATION_PRINT -- Print the location on the stream.
   This macro was not mandated originally: define only if we know
   we won't break user code: when these are the locations we know.  */

# ifndef YYLOCATION_PRINT

#  if defined YY_LOCATION_PRINT

   /* Temporary convenience wrapper in case some people defined the
      undocumented and private YY_LOCATION_PRINT macros.  */
#   define YYLOCATION_PRINT(File, Loc)  YY_LOCATION_PRINT(File, *(Loc))

#  elif defined MIL_YYLTYPE_IS_TRIVIAL && MIL_YYLTYPE_IS_TRIVIAL

/* Print *YYLOCP on YYO.  Private, do not rely on its existence. */

YY_ATTRIBUTE_UNUSED
static int
yy_location_print_ (FILE *yyo, YYLTYPE const * const yylocp)
{
  int res = 0;
  int end_col = 0 != yylocp->last_column ? yylocp->last_column - 1 : 0;
  if (0 <= yylocp->first_line)
    {
      res += YYFPRINTF (yyo, "%d", yylocp->first_line);
      if (0 <= yylocp->first_column)
        res += YYFPRINTF (yyo, ".%d", yylocp->first_column);
    }
  if (0 <= yylocp->last_line)
    {
      if (yylocp->first_line < yylocp->last_line)
        {
          res += YYFPRINTF (yyo, "-%d", yylocp->last_line);
          if (0 <= end_col)
            res += YYFPRINTF (yyo, ".%d", end_col);
        }
      else if (0 <= end_col && yylocp->first_column < end_col)
        res += YYFPRINTF (yyo, "-%d", end_col);
    }
  return res;
}

#   define YYLOCATION_PRINT  yy_location_print_

    /* Temporary convenience wrapper in case some people defined the
       undocumented and private YY_LOCATION_PRINT macros.  */
#   define YY_LOCATION_PRINT(File, Loc)  YYLOCATION_PRINT(File, &(Loc))

#  else

#   define YYLOCATION_PRINT(File, Loc) ((void) 0)
    /* Temporary convenience wrapper in case some people defined the
       undocumented and private YY_LOCATION_PRINT macros.  */
#   define YY_LOCATION_PRINT  YYLOCATION_PRINT

#  endif
# endif /* !defined YYLOCATION_PRINT */


# define YY_SYMBOL_PRINT(Title, Kind, Value, Location)                    \
do {                                                                      \
  if (yydebug)                                                            \
    {                                                                     \
      YYFPRINTF (stderr, "%s ", Title);                                   \
      yy_symbol_print (stderr,                                            \
                  Kind, Value, Location, r); \
      YYFPRINTF (stderr, "\n");                                           \
    }                                                                     \
} while (0)


/*-----------------------------------.
| Print this symbol's value on YYO.  |
`-----------------------------------*/

static void
yy_symbol_value_print (FILE *yyo,
                       yysymbol_kind_t yykind, YYSTYPE const * const yyvaluep, YYLTYPE const * const yylocationp, mil_reader *r)
{
  FILE *yyoutput = yyo;
  YY_USE (yyoutput);
  YY_USE (yylocationp);
  YY_USE (r);
  if (!yyvaluep)
    return;
  YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN
  YY_USE (yykind);
  YY_IGNORE_MAYBE_UNINITIALIZED_END
}


/*---------------------------.
| Print this symbol on YYO.  |
`---------------------------*/

static void
yy_symbol_print (FILE *yyo,
                 yysymbol_kind_t yykind, YYSTYPE const * const yyvaluep, YYLTYPE const * const yylocationp, mil_reader *r)
{
  YYFPRINTF (yyo, "%s %s (",
             yykind < YYNTOKENS ? "token" : "nterm", yysymbol_name (yykind));

  YYLOCATION_PRINT (yyo, yylocationp);
  YYFPRINTF (yyo, ": ");
  yy_symbol_value_print (yyo, yykind, yyvaluep, yylocationp, r);
  YYFPRINTF (yyo, ")");
}

/*------------------------------------------------------------------.
| yy_stack_print -- Print the state stack from its BOTTOM up to its |
| TOP (included).                                                   |
`------------------------------------------------------------------*/

static void
yy_stack_print (yy_state_t *yybottom, yy_state_t *yytop)
{
  YYFPRINTF (stderr, "Stack now");
  for (; yybottom <= yytop; yybottom++)
    {
      int yybot = *yybottom;
      YYFPRINTF (stderr, " %d", yybot);
    }
  YYFPRINTF (stderr, "\n");
}

# define YY_STACK_PRINT(Bottom, Top)                            \
do {                                                            \
  if (yydebug)                                                  \
    yy_stack_print ((Bottom), (Top));                           \
} while (0)


/*------------------------------------------------.
| Report that the YYRULE is going to be reduced.  |
`------------------------------------------------*/

static void
yy_reduce_print (yy_state_t *yyssp, YYSTYPE *yyvsp, YYLTYPE *yylsp,
                 int yyrule, mil_reader *r)
{
  int yylno = yyrline[yyrule];
  int yynrhs = yyr2[yyrule];
  int yyi;
  YYFPRINTF (stderr, "Reducing stack by rule %d (line %d):\n",
             yyrule - 1, yylno);
  /* The symbols being reduced.  */
  for (yyi = 0; yyi < yynrhs; yyi++)
    {
      YYFPRINTF (stderr, "   $%d = ", yyi + 1);
      yy_symbol_print (stderr,
                       YY_ACCESSING_SYMBOL (+yyssp[yyi + 1 - yynrhs]),
                       &yyvsp[(yyi + 1) - (yynrhs)],
                       &(yylsp[(yyi + 1) - (yynrhs)]), r);
      YYFPRINTF (stderr, "\n");
    }
}

# define YY_REDUCE_PRINT(Rule)          \
do {                                    \
  if (yydebug)                          \
    yy_reduce_print (yyssp, yyvsp, yylsp, Rule, r); \
} while (0)

/* Nonzero means print parse trace.  It is left uninitialized so that
   multiple parsers can coexist.  */
int yydebug;
#else /* !MIL_YYDEBUG */
# define YYDPRINTF(Args) ((void) 0)
# define YY_SYMBOL_PRINT(Title, Kind, Value, Location)
# define YY_STACK_PRINT(Bottom, Top)
# define YY_REDUCE_PRINT(Rule)
#endif /* !MIL_YYDEBUG */


/* YYINITDEPTH -- initial size of the parser's stacks.  */
#ifndef YYINITDEPTH
# define YYINITDEPTH 200
#endif

/* YYMAXDEPTH -- maximum size the stacks can grow to (effective only
   if the built-in stack extension method is used).

   Do not make this value too large; the results are undefined if
   YYSTACK_ALLOC_MAXIMUM < YYSTACK_BYTES (YYMAXDEPTH)
   evaluated with infinite-precision integer arithmetic.  */

#ifndef YYMAXDEPTH
# define YYMAXDEPTH 10000
#endif


/* Given a state stack such that *YYBOTTOM is its bottom, such that
   *YYTOP is either its top or is YYTOP_EMPTY to indicate an empty
   stack, and such that *YYCAPACITY is the maximum number of elements it
   can hold without a reallocation, make sure there is enough room to
   store YYADD more elements.  If not, allocate a new stack using
   YYSTACK_ALLOC, copy the existing elements, and adjust *YYBOTTOM,
   *YYTOP, and *YYCAPACITY to reflect the new capacity and memory
   location.  If *YYBOTTOM != YYBOTTOM_NO_FREE, then free the old stack
   using YYSTACK_FREE.  Return 0 if successful or if no reallocation is
   required.  Return YYENOMEM if memory is exhausted.  */
static int
yy_lac_stack_realloc (YYPTRDIFF_T *yycapacity, YYPTRDIFF_T yyadd,
#if MIL_YYDEBUG
                      char const *yydebug_prefix,
                      char const *yydebug_suffix,
#endif
                      yy_state_t **yybottom,
                      yy_state_t *yybottom_no_free,
                      yy_state_t **yytop, yy_state_t *yytop_empty)
{
  YYPTRDIFF_T yysize_old =
    *yytop == yytop_empty ? 0 : *yytop - *yybottom + 1;
  YYPTRDIFF_T yysize_new = yysize_old + yyadd;
  if (*yycapacity < yysize_new)
    {
      YYPTRDIFF_T yyalloc = 2 * yysize_new;
      yy_state_t *yybottom_new;
      /* Use YYMAXDEPTH for maximum stack size given that the stack
         should never need to grow larger than the main state stack
         needs to grow without LAC.  */
      if (YYMAXDEPTH < yysize_new)
        {
          YYDPRINTF ((stderr, "%smax size exceeded%s", yydebug_prefix,
                      yydebug_suffix));
          return YYENOMEM;
        }
      if (YYMAXDEPTH < yyalloc)
        yyalloc = YYMAXDEPTH;
      yybottom_new =
        YY_CAST (yy_state_t *,
                 YYSTACK_ALLOC (YY_CAST (YYSIZE_T,
                                         yyalloc * YYSIZEOF (*yybottom_new))));
      if (!yybottom_new)
        {
          YYDPRINTF ((stderr, "%srealloc failed%s", yydebug_prefix,
                      yydebug_suffix));
          return YYENOMEM;
        }
      if (*yytop != yytop_empty)
        {
          YYCOPY (yybottom_new, *yybottom, yysize_old);
          *yytop = yybottom_new + (yysize_old - 1);
        }
      if (*yybottom != yybottom_no_free)
        YYSTACK_FREE (*yybottom);
      *yybottom = yybottom_new;
      *yycapacity = yyalloc;
    }
  return 0;
}

/* Establish the initial context for the current lookahead if no initial
   context is currently established.

   We define a context as a snapshot of the parser stacks.  We define
   the initial context for a lookahead as the context in which the
   parser initially examines that lookahead in order to select a
   syntactic action.  Thus, if the lookahead eventually proves
   syntactically unacceptable (possibly in a later context reached via a
   series of reductions), the initial context can be used to determine
   the exact set of tokens that would be syntactically acceptable in the
   lookahead's place.  Moreover, it is the context after which any
   further semantic actions would be erroneous because they would be
   determined by a syntactically unacceptable token.

   YY_LAC_ESTABLISH should be invoked when a reduction is about to be
   performed in an inconsistent state (which, for the purposes of LAC,
   includes consistent states that don't know they're consistent because
   their default reductions have been disabled).  Iff there is a
   lookahead token, it should also be invoked before reporting a syntax
   error.  This latter case is for the sake of the debugging output.

   For parse.lac=full, the implementation of YY_LAC_ESTABLISH is as
   follows.  If no initial context is currently established for the
   current lookahead, then check if that lookahead can eventually be
   shifted if syntactic actions continue from the current context.
   Report a syntax error if it cannot.  */
#define YY_LAC_ESTABLISH                                                \
do {                                                                    \
  if (!yy_lac_established)                                              \
    {                                                                   \
      YYDPRINTF ((stderr,                                               \
                  "LAC: initial context established for %s\n",          \
                  yysymbol_name (yytoken)));                            \
      yy_lac_established = 1;                                           \
      switch (yy_lac (yyesa, &yyes, &yyes_capacity, yyssp, yytoken))    \
        {                                                               \
        case YYENOMEM:                                                  \
          YYNOMEM;                                                      \
        case 1:                                                         \
          goto yyerrlab;                                                \
        }                                                               \
    }                                                                   \
} while (0)

/* Discard any previous initial lookahead context because of Event,
   which may be a lookahead change or an invalidation of the currently
   established initial context for the current lookahead.

   The most common example of a lookahead change is a shift.  An example
   of both cases is syntax error recovery.  That is, a syntax error
   occurs when the lookahead is syntactically erroneous for the
   currently established initial context, so error recovery manipulates
   the parser stacks to try to find a new initial context in which the
   current lookahead is syntactically acceptable.  If it fails to find
   such a context, it discards the lookahead.  */
#if MIL_YYDEBUG
# define YY_LAC_DISCARD(Event)                                           \
do {                                                                     \
  if (yy_lac_established)                                                \
    {                                                                    \
      YYDPRINTF ((stderr, "LAC: initial context discarded due to "       \
                  Event "\n"));                                          \
      yy_lac_established = 0;                                            \
    }                                                                    \
} while (0)
#else
# define YY_LAC_DISCARD(Event) yy_lac_established = 0
#endif

/* Given the stack whose top is *YYSSP, return 0 iff YYTOKEN can
   eventually (after perhaps some reductions) be shifted, return 1 if
   not, or return YYENOMEM if memory is exhausted.  As preconditions and
   postconditions: *YYES_CAPACITY is the allocated size of the array to
   which *YYES points, and either *YYES = YYESA or *YYES points to an
   array allocated with YYSTACK_ALLOC.  yy_lac may overwrite the
   contents of either array, alter *YYES and *YYES_CAPACITY, and free
   any old *YYES other than YYESA.  */
static int
yy_lac (yy_state_t *yyesa, yy_state_t **yyes,
        YYPTRDIFF_T *yyes_capacity, yy_state_t *yyssp, yysymbol_kind_t yytoken)
{
  yy_state_t *yyes_prev = yyssp;
  yy_state_t *yyesp = yyes_prev;
  /* Reduce until we encounter a shift and thereby accept the token.  */
  YYDPRINTF ((stderr, "LAC: checking lookahead %s:", yysymbol_name (yytoken)));
  if (yytoken == YYSYMBOL_YYUNDEF)
    {
      YYDPRINTF ((stderr, " Always Err\n"));
      return 1;
    }
  while (1)
    {
      int yyrule = yypact[+*yyesp];
      if (yypact_value_is_default (yyrule)
          || (yyrule += yytoken) < 0 || YYLAST < yyrule
          || yycheck[yyrule] != yytoken)
        {
          /* Use the default action.  */
          yyrule = yydefact[+*yyesp];
          if (yyrule == 0)
            {
              YYDPRINTF ((stderr, " Err\n"));
              return 1;
            }
        }
      else
        {
          /* Use the action from yytable.  */
          yyrule = yytable[yyrule];
          if (yytable_value_is_error (yyrule))
            {
              YYDPRINTF ((stderr, " Err\n"));
              return 1;
            }
          if (0 < yyrule)
            {
              YYDPRINTF ((stderr, " S%d\n", yyrule));
              return 0;
            }
          yyrule = -yyrule;
        }
      /* By now we know we have to simulate a reduce.  */
      YYDPRINTF ((stderr, " R%d", yyrule - 1));
      {
        /* Pop the corresponding number of values from the stack.  */
        YYPTRDIFF_T yylen = yyr2[yyrule];
        /* First pop from the LAC stack as many tokens as possible.  */
        if (yyesp != yyes_prev)
          {
            YYPTRDIFF_T yysize = yyesp - *yyes + 1;
            if (yylen < yysize)
              {
                yyesp -= yylen;
                yylen = 0;
              }
            else
              {
                yyesp = yyes_prev;
                yylen -= yysize;
              }
          }
        /* Only afterwards look at the main stack.  */
        if (yylen)
          yyesp = yyes_prev -= yylen;
      }
      /* Push the resulting state of the reduction.  */
      {
        yy_state_fast_t yystate;
        {
          const int yylhs = yyr1[yyrule] - YYNTOKENS;
          const int yyi = yypgoto[yylhs] + *yyesp;
          yystate = (0 <= yyi && yyi <= YYLAST && yycheck[yyi] == *yyesp
                     ? yytable[yyi]
                     : yydefgoto[yylhs]);
        }
        if (yyesp == yyes_prev)
          {
            yyesp = *yyes;
            YY_IGNORE_USELESS_CAST_BEGIN
            *yyesp = YY_CAST (yy_state_t, yystate);
            YY_IGNORE_USELESS_CAST_END
          }
        else
          {
            if (yy_lac_stack_realloc (yyes_capacity, 1,
#if MIL_YYDEBUG
                                      " (", ")",
#endif
                                      yyes, yyesa, &yyesp, yyes_prev))
              {
                YYDPRINTF ((stderr, "\n"));
                return YYENOMEM;
              }
            YY_IGNORE_USELESS_CAST_BEGIN
            *++yyesp = YY_CAST (yy_state_t, yystate);
            YY_IGNORE_USELESS_CAST_END
          }
        YYDPRINTF ((stderr, " G%d", yystate));
      }
    }
}

/* Context of a parse error.  */
typedef struct
{
  yy_state_t *yyssp;
  yy_state_t *yyesa;
  yy_state_t **yyes;
  YYPTRDIFF_T *yyes_capacity;
  yysymbol_kind_t yytoken;
  YYLTYPE *yylloc;
} yypcontext_t;

/* Put in YYARG at most YYARGN of the expected tokens given the
   current YYCTX, and return the number of tokens stored in YYARG.  If
   YYARG is null, return the number of expected tokens (guaranteed to
   be less than YYNTOKENS).  Return YYENOMEM on memory exhaustion.
   Return 0 if there are more than YYARGN expected tokens, yet fill
   YYARG up to YYARGN. */
static int
yypcontext_expected_tokens (const yypcontext_t *yyctx,
                            yysymbol_kind_t yyarg[], int yyargn)
{
  /* Actual size of YYARG. */
  int yycount = 0;

  int yyx;
  for (yyx = 0; yyx < YYNTOKENS; ++yyx)
    {
      yysymbol_kind_t yysym = YY_CAST (yysymbol_kind_t, yyx);
      if (yysym != YYSYMBOL_YYerror && yysym != YYSYMBOL_YYUNDEF)
        switch (yy_lac (yyctx->yyesa, yyctx->yyes, yyctx->yyes_capacity, yyctx->yyssp, yysym))
          {
          case YYENOMEM:
            return YYENOMEM;
          case 1:
            continue;
          default:
            if (!yyarg)
              ++yycount;
            else if (yycount == yyargn)
              return 0;
            else
              yyarg[yycount++] = yysym;
          }
    }
  if (yyarg && yycount == 0 && 0 < yyargn)
    yyarg[0] = YYSYMBOL_YYEMPTY;
  return yycount;
}




/* The kind of the lookahead of this context.  */
static yysymbol_kind_t
yypcontext_token (const yypcontext_t *yyctx) YY_ATTRIBUTE_UNUSED;

static yysymbol_kind_t
yypcontext_token (const yypcontext_t *yyctx)
{
  return yyctx->yytoken;
}

/* The location of the lookahead of this context.  */
static YYLTYPE *
yypcontext_location (const yypcontext_t *yyctx) YY_ATTRIBUTE_UNUSED;

static YYLTYPE *
yypcontext_location (const yypcontext_t *yyctx)
{
  return yyctx->yylloc;
}

/* User defined function to report a syntax error.  */
static int
yyreport_syntax_error (const yypcontext_t *yyctx, mil_reader *r);

/*-----------------------------------------------.
| Release the memory associated to this symbol.  |
`-----------------------------------------------*/

static void
yydestruct (const char *yymsg,
            yysymbol_kind_t yykind, YYSTYPE *yyvaluep, YYLTYPE *yylocationp, mil_reader *r)
{
  YY_USE (yyvaluep);
  YY_USE (yylocationp);
  YY_USE (r);
  if (!yymsg)
    yymsg = "Deleting";
  YY_SYMBOL_PRINT (yymsg, yykind, yyvaluep, yylocationp);

  YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN
  YY_USE (yykind);
  YY_IGNORE_MAYBE_UNINITIALIZED_END
}






/*----------.
| yyparse.  |
`----------*/

int
yyparse (mil_reader *r)
{
/* Lookahead token kind.  */
int yychar;


/* The semantic value of the lookahead symbol.  */
/* Default value used for initialization, for pacifying older GCCs
   or non-GCC compilers.  */
YY_INITIAL_VALUE (static YYSTYPE yyval_default;)
YYSTYPE yylval YY_INITIAL_VALUE (= yyval_default);

/* Location data for the lookahead symbol.  */
static YYLTYPE yyloc_default
# if defined MIL_YYLTYPE_IS_TRIVIAL && MIL_YYLTYPE_IS_TRIVIAL
  = { 1, 1, 1, 1 }
# endif
;
YYLTYPE yylloc = yyloc_default;

    /* Number of syntax errors so far.  */
    int yynerrs = 0;

    yy_state_fast_t yystate = 0;
    /* Number of tokens to shift before error messages enabled.  */
    int yyerrstatus = 0;

    /* Refer to the stacks through separate pointers, to allow yyoverflow
       to reallocate them elsewhere.  */

    /* Their size.  */
    YYPTRDIFF_T yystacksize = YYINITDEPTH;

    /* The state stack: array, bottom, top.  */
    yy_state_t yyssa[YYINITDEPTH];
    yy_state_t *yyss = yyssa;
    yy_state_t *yyssp = yyss;

    /* The semantic value stack: array, bottom, top.  */
    YYSTYPE yyvsa[YYINITDEPTH];
    YYSTYPE *yyvs = yyvsa;
    YYSTYPE *yyvsp = yyvs;

    /* The location stack: array, bottom, top.  */
    YYLTYPE yylsa[YYINITDEPTH];
    YYLTYPE *yyls = yylsa;
    YYLTYPE *yylsp = yyls;

    yy_state_t yyesa[20];
    yy_state_t *yyes = yyesa;
    YYPTRDIFF_T yyes_capacity = 20 < YYMAXDEPTH ? 20 : YYMAXDEPTH;

  /* Whether LAC context is established.  A Boolean.  */
  int yy_lac_established = 0;
  int yyn;
  /* The return value of yyparse.  */
  int yyresult;
  /* Lookahead symbol kind.  */
  yysymbol_kind_t yytoken = YYSYMBOL_YYEMPTY;
  /* The variables used to return semantic value and location from the
     action routines.  */
  YYSTYPE yyval;
  YYLTYPE yyloc;

  /* The locations where the error started and ended.  */
  YYLTYPE yyerror_range[3];



#define YYPOPSTACK(N)   (yyvsp -= (N), yyssp -= (N), yylsp -= (N))

  /* The number of symbols on the RHS of the reduced rule.
     Keep to zero when no symbol should be popped.  */
  int yylen = 0;

  YYDPRINTF ((stderr, "Starting parse\n"));

  yychar = T_MIL_YYEMPTY; /* Cause a token to be read.  */

  yylsp[0] = yylloc;
  goto yysetstate;


/*------------------------------------------------------------.
| yynewstate -- push a new state, which is found in yystate.  |
`------------------------------------------------------------*/
yynewstate:
  /* In all cases, when you get here, the value and location stacks
     have just been pushed.  So pushing a state here evens the stacks.  */
  yyssp++;


/*--------------------------------------------------------------------.
| yysetstate -- set current state (the top of the stack) to yystate.  |
`--------------------------------------------------------------------*/
yysetstate:
  YYDPRINTF ((stderr, "Entering state %d\n", yystate));
  YY_ASSERT (0 <= yystate && yystate < YYNSTATES);
  YY_IGNORE_USELESS_CAST_BEGIN
  *yyssp = YY_CAST (yy_state_t, yystate);
  YY_IGNORE_USELESS_CAST_END
  YY_STACK_PRINT (yyss, yyssp);

  if (yyss + yystacksize - 1 <= yyssp)
#if !defined yyoverflow && !defined YYSTACK_RELOCATE
    YYNOMEM;
#else
    {
      /* Get the current used size of the three stacks, in elements.  */
      YYPTRDIFF_T yysize = yyssp - yyss + 1;

# if defined yyoverflow
      {
        /* Give user a chance to reallocate the stack.  Use copies of
           these so that the &'s don't force the real ones into
           memory.  */
        yy_state_t *yyss1 = yyss;
        YYSTYPE *yyvs1 = yyvs;
        YYLTYPE *yyls1 = yyls;

        /* Each stack pointer address is followed by the size of the
           data in use in that stack, in bytes.  This used to be a
           conditional around just the two extra args, but that might
           be undefined if yyoverflow is a macro.  */
        yyoverflow (YY_("memory exhausted"),
                    &yyss1, yysize * YYSIZEOF (*yyssp),
                    &yyvs1, yysize * YYSIZEOF (*yyvsp),
                    &yyls1, yysize * YYSIZEOF (*yylsp),
                    &yystacksize);
        yyss = yyss1;
        yyvs = yyvs1;
        yyls = yyls1;
      }
# else /* defined YYSTACK_RELOCATE */
      /* Extend the stack our own way.  */
      if (YYMAXDEPTH <= yystacksize)
        YYNOMEM;
      yystacksize *= 2;
      if (YYMAXDEPTH < yystacksize)
        yystacksize = YYMAXDEPTH;

      {
        yy_state_t *yyss1 = yyss;
        union yyalloc *yyptr =
          YY_CAST (union yyalloc *,
                   YYSTACK_ALLOC (YY_CAST (YYSIZE_T, YYSTACK_BYTES (yystacksize))));
        if (! yyptr)
          YYNOMEM;
        YYSTACK_RELOCATE (yyss_alloc, yyss);
        YYSTACK_RELOCATE (yyvs_alloc, yyvs);
        YYSTACK_RELOCATE (yyls_alloc, yyls);
#  undef YYSTACK_RELOCATE
        if (yyss1 != yyssa)
          YYSTACK_FREE (yyss1);
      }
# endif

      yyssp = yyss + yysize - 1;
      yyvsp = yyvs + yysize - 1;
      yylsp = yyls + yysize - 1;

      YY_IGNORE_USELESS_CAST_BEGIN
      YYDPRINTF ((stderr, "Stack size increased to %ld\n",
                  YY_CAST (long, yystacksize)));
      YY_IGNORE_USELESS_CAST_END

      if (yyss + yystacksize - 1 <= yyssp)
        YYABORT;
    }
#endif /* !defined yyoverflow && !defined YYSTACK_RELOCATE */


  if (yystate == YYFINAL)
    YYACCEPT;

  goto yybackup;


/*-----------.
| yybackup.  |
`-----------*/
yybackup:
  /* Do appropriate processing given the current state.  Read a
     lookahead token if we need one and don't already have one.  */

  /* First try to decide what to do without reference to lookahead token.  */
  yyn = yypact[yystate];
  if (yypact_value_is_default (yyn))
    goto yydefault;

  /* Not known => get a lookahead token if don't already have one.  */

  /* YYCHAR is either empty, or end-of-input, or a valid lookahead.  */
  if (yychar == T_MIL_YYEMPTY)
    {
      YYDPRINTF ((stderr, "Reading a token\n"));
      yychar = yylex (&yylval, &yylloc, r);
    }

  if (yychar <= T_END)
    {
      yychar = T_END;
      yytoken = YYSYMBOL_YYEOF;
      YYDPRINTF ((stderr, "Now at end of input.\n"));
    }
  else if (yychar == T_MIL_YYerror)
    {
      /* The scanner already issued an error message, process directly
         to error recovery.  But do not keep the error token as
         lookahead, it is too special and may lead us to an endless
         loop in error recovery. */
      yychar = T_MIL_YYUNDEF;
      yytoken = YYSYMBOL_YYerror;
      yyerror_range[1] = yylloc;
      goto yyerrlab1;
    }
  else
    {
      yytoken = YYTRANSLATE (yychar);
      YY_SYMBOL_PRINT ("Next token is", yytoken, &yylval, &yylloc);
    }

  /* If the proper action on seeing token YYTOKEN is to reduce or to
     detect an error, take that action.  */
  yyn += yytoken;
  if (yyn < 0 || YYLAST < yyn || yycheck[yyn] != yytoken)
    {
      YY_LAC_ESTABLISH;
      goto yydefault;
    }
  yyn = yytable[yyn];
  if (yyn <= 0)
    {
      if (yytable_value_is_error (yyn))
        goto yyerrlab;
      yyn = -yyn;
      YY_LAC_ESTABLISH;
      goto yyreduce;
    }

  /* Count tokens shifted since error; after three, turn off error
     status.  */
  if (yyerrstatus)
    yyerrstatus--;

  /* Shift the lookahead token.  */
  YY_SYMBOL_PRINT ("Shifting", yytoken, &yylval, &yylloc);
  yystate = yyn;
  YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN
  *++yyvsp = yylval;
  YY_IGNORE_MAYBE_UNINITIALIZED_END
  *++yylsp = yylloc;

  /* Discard the shifted token.  */
  yychar = T_MIL_YYEMPTY;
  YY_LAC_DISCARD ("shift");
  goto yynewstate;


/*-----------------------------------------------------------.
| yydefault -- do the default action for the current state.  |
`-----------------------------------------------------------*/
yydefault:
  yyn = yydefact[yystate];
  if (yyn == 0)
    goto yyerrlab;
  goto yyreduce;


/*-----------------------------.
| yyreduce -- do a reduction.  |
`-----------------------------*/
yyreduce:
  /* yyn is the number of a rule to reduce with.  */
  yylen = yyr2[yyn];

  /* If YYLEN is nonzero, implement the default value of the action:
     '$$ = $1'.

     Otherwise, the following line sets YYVAL to garbage.
     This behavior is undocumented and Bison
     users should not rely upon it.  Assigning to YYVAL
     unconditionally makes the parser a bit smaller, and it avoids a
     GCC warning that YYVAL may be used uninitialized.  */
  yyval = yyvsp[1-yylen];

  /* Default location. */
  YYLLOC_DEFAULT (yyloc, (yylsp - yylen), yylen);
  yyerror_range[1] = yyloc;
  YY_REDUCE_PRINT (yyn);
  {
    int yychar_backup = yychar;
    switch (yyn)
      {
  case 2: /* program: "program" version program_attrs "{" funcs "}"  */
    {
        mil_list funcs = TAKE(funcs, 0);
        r->program->func = funcs.at;
        r->program->funcs = funcs.count;
    }
    break;

  case 3: /* version: "(" NUMBER ")"  */
                        { CHECK(set_version(r, (yylsp[-1]), (yyvsp[-1].place))); }
    break;

  case 4: /* program_attrs: attrs  */
                     { r->program->attr = (yyvsp[0].list).at; r->program->attrs = (yyvsp[0].list).count; }
    break;

  case 6: /* funcs: funcs func  */
                 { vec_push(&r->funcs, (yyvsp[0].func)); }
    break;

  case 7: /* func: "func" name target params attrs body ";"  */
    {
        (yyval.func) = (mil_func){.name = (yyvsp[-5].name), .opset = (yyvsp[-4].name), .attrs = (yyvsp[-2].list).count, .attr = (yyvsp[-2].list).at,
                        .body = (yyvsp[-1].block), .loc = (yylsp[-5])};
        (yyval.func).body.params = (yyvsp[-3].list).count;
        (yyval.func).body.param = (yyvsp[-3].list).at;
    }
    break;

  case 8: /* target: "<" name ">"  */
                     { (yyval.name) = (yyvsp[-1].name); }
    break;

  case 9: /* params: "(" opt_names ")"  */
                          { (yyval.list) = TAKE(names, (yyvsp[-1].height)); }
    break;

  case 10: /* body: "{" stmts "}" "->" results  */
    {
        mil_list ops = TAKE(ops, (yyvsp[-3].height));
        (yyval.block) = (mil_block){.ops = ops.count, .op = ops.at, .results = (yyvsp[0].list).count,
                         .result = (yyvsp[0].list).at, .loc = (yylsp[-4])};
    }
    break;

  case 11: /* results: "(" opt_name_list ")"  */
                               { (yyval.list) = TAKE(strings, (yyvsp[-1].height)); }
    break;

  case 12: /* stmts: %empty  */
              { (yyval.height) = r->ops.len; }
    break;

  case 13: /* stmts: stmts call  */
                 { vec_push(&r->ops, (yyvsp[0].op)); }
    break;

  case 14: /* stmts: stmts typed_names "=" call  */
    {
        mil_list outs = TAKE(names, (yyvsp[-2].height));
        (yyvsp[0].op).outs = outs.count;
        (yyvsp[0].op).out = outs.at;
        vec_push(&r->ops, (yyvsp[0].op));
    }
    break;

  case 15: /* opt_names: %empty  */
                  { (yyval.height) = r->names.len; }
    break;

  case 17: /* typed_names: typed_name  */
                        { (yyval.height) = r->names.len - 1; }
    break;

  case 19: /* typed_name: type name  */
                      { vec_push(&r->names, ((mil_name){(yyvsp[-1].type), (yyvsp[0].name), (yylsp[0])})); }
    break;

  case 20: /* opt_name_list: %empty  */
                      { (yyval.height) = r->strings.len; }
    break;

  case 22: /* name_list: name  */
                { (yyval.height) = r->strings.len; vec_push(&r->strings, (yyvsp[0].name)); }
    break;

  case 23: /* name_list: name_list "," name  */
                         { vec_push(&r->strings, (yyvsp[0].name)); }
    break;

  case 24: /* call: NAME opset args attrs blocks ";"  */
    {
        mil_list parts = TAKE(blocks, (yyvsp[-1].height));
        (yyval.op) = (mil_op){.op = (yyvsp[-5].name), .opset = (yyvsp[-4].name), .args = (yyvsp[-3].list).count, .arg = (yyvsp[-3].list).at,
                      .attrs = (yyvsp[-2].list).count, .attr = (yyvsp[-2].list).at, .blocks = parts.count,
                      .block = parts.at, .loc = (yylsp[-5])};
    }
    break;

  case 25: /* opset: %empty  */
              { (yyval.name) = NULL; }
    break;

  case 27: /* blocks: %empty  */
               { (yyval.height) = r->blocks.len; }
    break;

  case 28: /* blocks: blocks block  */
                   { vec_push(&r->blocks, (yyvsp[0].block)); }
    break;

  case 29: /* block: params body  */
    {
        (yyval.block) = (yyvsp[0].block);
        (yyval.block).params = (yyvsp[-1].list).count;
        (yyval.block).param = (yyvsp[-1].list).at;
    }
    break;

  case 30: /* args: "(" opt_arg_list ")"  */
                           { (yyval.list) = TAKE(args, (yyvsp[-1].height)); }
    break;

  case 31: /* opt_arg_list: %empty  */
                     { (yyval.height) = r->args.len; }
    break;

  case 33: /* arg_list: arg  */
              { (yyval.height) = r->args.len - 1; }
    break;

  case 35: /* arg: name "=" argval  */
    {
        (yyvsp[0].arg).name = (yyvsp[-2].name);
        (yyvsp[0].arg).loc = (yylsp[-2]);
        vec_push(&r->args, (yyvsp[0].arg));
    }
    break;

  case 36: /* argval: name  */
             { (yyval.arg) = (mil_arg){.kind = MIL_REF, .ref = (yyvsp[0].name), .loc = (yylsp[0])}; }
    break;

  case 37: /* argval: value  */
            { (yyval.arg) = literal_arg(r, &(yyvsp[0].value)); }
    break;

  case 38: /* argval: bare  */
           { (yyval.arg) = literal_arg(r, &(yyvsp[0].value)); }
    break;

  case 39: /* argval: "(" arg_tuple ")"  */
                        { (yyval.arg) = tuple_arg(TAKE(args, (yyvsp[-1].height))); }
    break;

  case 40: /* arg_tuple: argval  */
                  { (yyval.height) = r->args.len; (yyvsp[0].arg).loc = (yylsp[0]); vec_push(&r->args, (yyvsp[0].arg)); }
    break;

  case 41: /* arg_tuple: arg_tuple "," argval  */
                           { (yyvsp[0].arg).loc = (yylsp[0]); vec_push(&r->args, (yyvsp[0].arg)); }
    break;

  case 42: /* attrs: %empty  */
              { (yyval.list) = (mil_list){0}; }
    break;

  case 43: /* attrs: "[" opt_attr_list "]"  */
                            { (yyval.list) = TAKE(attrs, (yyvsp[-1].height)); }
    break;

  case 44: /* opt_attr_list: %empty  */
                      { (yyval.height) = r->attrs.len; }
    break;

  case 46: /* attr_list: attr  */
                { (yyval.height) = r->attrs.len - 1; }
    break;

  case 48: /* attr: name "=" value  */
                     { vec_push(&r->attrs, ((mil_attr){(yyvsp[-2].name), (yyvsp[0].value)})); }
    break;

  case 49: /* attr: name "=" bare  */
                    { vec_push(&r->attrs, ((mil_attr){(yyvsp[-2].name), (yyvsp[0].value)})); }
    break;

  case 50: /* value: type "(" mark literal ")"  */
                                 { CHECK(mil_take_value(r, (yyvsp[-2].mark), (yyvsp[-4].type), &(yyval.value))); }
    break;

  case 51: /* bare: mark simple  */
                  { CHECK(mil_take_untyped(r, (yyvsp[-1].mark), &(yyval.value))); }
    break;

  case 52: /* mark: %empty  */
             { (yyval.mark) = here(r); }
    break;

  case 54: /* $@1: %empty  */
          { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 55: /* literal: "(" $@1 opt_literals ")"  */
                                                        { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 56: /* $@2: %empty  */
          { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 57: /* literal: "{" $@2 opt_pairs "}"  */
                                                     { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 58: /* literal: "BLOBFILE" blob_place  */
                          { vec_push(&r->cells, (yyvsp[-1].place)); }
    break;

  case 59: /* simple: NUMBER  */
               { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 60: /* simple: STRING  */
             { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 61: /* simple: "true"  */
           { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 62: /* simple: "false"  */
            { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 63: /* $@3: %empty  */
          { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 64: /* simple: "[" $@3 opt_literals "]"  */
                                                        { vec_push(&r->cells, (yyvsp[0].place)); }
    break;

  case 74: /* blob_place: "(" attr_list ")"  */
                              { CHECK(mil_take_blob(r, (yyvsp[-1].height), (yylsp[-2]))); }
    break;

  case 75: /* type: DTYPE  */
            { (yyval.type) = mil_scalar((yyvsp[0].dtype)); (yyval.type).spelt = MIL_SPELT_SHORT; }
    break;

  case 76: /* type: "tensor" "<" DTYPE "," shape ">"  */
                                       { CHECK(tensor_type(r, (yylsp[-5]), (yyvsp[-3].dtype), (yyvsp[-1].list), &(yyval.type))); }
    break;

  case 77: /* type: "list" "<" type "," dim ">"  */
    {
        vec_push(&r->types, (yyvsp[-3].type));
        (yyval.type) = compound(MIL_LIST, TAKE(types, r->types.len - 1));
        (yyval.type).length = (yyvsp[-1].dim);
    }
    break;

  case 78: /* type: "tuple" "<" type_list ">"  */
                                { (yyval.type) = compound(MIL_TUPLE, TAKE(types, (yyvsp[-1].height))); }
    break;

  case 79: /* type: "dict" "<" type "," type ">"  */
    {
        vec_push(&r->types, (yyvsp[-3].type));
        vec_push(&r->types, (yyvsp[-1].type));
        (yyval.type) = compound(MIL_DICT, TAKE(types, r->types.len - 2));
    }
    break;

  case 80: /* type: "state" "<" type ">"  */
    {
        vec_push(&r->types, (yyvsp[-1].type));
        (yyval.type) = compound(MIL_STATE, TAKE(types, r->types.len - 1));
    }
    break;

  case 81: /* type: "tensor_buffer" "<" DTYPE layout ">"  */
    {
        (yyval.type) = (mil_type){.kind = MIL_BUFFER, .dtype = (yyvsp[-2].dtype), .buffer_ats = (yyvsp[-1].list).count,
                        .buffer_at = (yyvsp[-1].list).at};
    }
    break;

  case 82: /* layout: %empty  */
               { (yyval.list) = (mil_list){0}; }
    break;

  case 83: /* layout: "," attr_list  */
                    { (yyval.list) = TAKE(attrs, (yyvsp[0].height)); }
    break;

  case 84: /* type_list: type  */
                { (yyval.height) = r->types.len; vec_push(&r->types, (yyvsp[0].type)); }
    break;

  case 85: /* type_list: type_list "," type  */
                         { vec_push(&r->types, (yyvsp[0].type)); }
    break;

  case 86: /* shape: "[" opt_dims "]"  */
                        { (yyval.list) = TAKE(dims, (yyvsp[-1].height)); }
    break;

  case 87: /* opt_dims: %empty  */
                 { (yyval.height) = r->dims.len; }
    break;

  case 89: /* dims: dim  */
          { (yyval.height) = r->dims.len; vec_push(&r->dims, (yyvsp[0].dim)); }
    break;

  case 90: /* dims: dims "," dim  */
                   { vec_push(&r->dims, (yyvsp[0].dim)); }
    break;

  case 91: /* dim: NUMBER  */
            { CHECK(parse_dim(r, (yylsp[0]), (yyvsp[0].place), &(yyval.dim))); }
    break;

  case 92: /* dim: "?"  */
          { (yyval.dim) = MIL_ANY_DIM; }
    break;

  case 94: /* name: DTYPE  */
            { (yyval.name) = word(r, mil_dtype_name((yyvsp[0].dtype))); }
    break;

  case 95: /* name: "program"  */
                { (yyval.name) = word(r, "program"); }
    break;

  case 96: /* name: "func"  */
             { (yyval.name) = word(r, "func"); }
    break;

  case 97: /* name: "tensor"  */
               { (yyval.name) = word(r, "tensor"); }
    break;

  case 98: /* name: "list"  */
             { (yyval.name) = word(r, "list"); }
    break;

  case 99: /* name: "tuple"  */
              { (yyval.name) = word(r, "tuple"); }
    break;

  case 100: /* name: "dict"  */
             { (yyval.name) = word(r, "dict"); }
    break;

  case 101: /* name: "state"  */
              { (yyval.name) = word(r, "state"); }
    break;

  case 102: /* name: "tensor_buffer"  */
                      { (yyval.name) = word(r, "tensor_buffer"); }
    break;

  case 103: /* name: "BLOBFILE"  */
               { (yyval.name) = word(r, "BLOBFILE"); }
    break;



        default: break;
      }
    if (yychar_backup != yychar)
      YY_LAC_DISCARD ("yychar change");
  }
  /* User semantic actions sometimes alter yychar, and that requires
     that yytoken be updated with the new translation.  We take the
     approach of translating immediately before every use of yytoken.
     One alternative is translating here after every semantic action,
     but that translation would be missed if the semantic action invokes
     YYABORT, YYACCEPT, or YYERROR immediately after altering yychar or
     if it invokes YYBACKUP.  In the case of YYABORT or YYACCEPT, an
     incorrect destructor might then be invoked immediately.  In the
     case of YYERROR or YYBACKUP, subsequent parser actions might lead
     to an incorrect destructor call or verbose syntax error message
     before the lookahead is translated.  */
  YY_SYMBOL_PRINT ("-> $$ =", YY_CAST (yysymbol_kind_t, yyr1[yyn]), &yyval, &yyloc);

  YYPOPSTACK (yylen);
  yylen = 0;

  *++yyvsp = yyval;
  *++yylsp = yyloc;

  /* Now 'shift' the result of the reduction.  Determine what state
     that goes to, based on the state we popped back to and the rule
     number reduced by.  */
  {
    const int yylhs = yyr1[yyn] - YYNTOKENS;
    const int yyi = yypgoto[yylhs] + *yyssp;
    yystate = (0 <= yyi && yyi <= YYLAST && yycheck[yyi] == *yyssp
               ? yytable[yyi]
               : yydefgoto[yylhs]);
  }

  goto yynewstate;


/*--------------------------------------.
| yyerrlab -- here on detecting error.  |
`--------------------------------------*/
yyerrlab:
  /* Make sure we have latest lookahead translation.  See comments at
     user semantic actions for why this is necessary.  */
  yytoken = yychar == T_MIL_YYEMPTY ? YYSYMBOL_YYEMPTY : YYTRANSLATE (yychar);
  /* If not already recovering from an error, report this error.  */
  if (!yyerrstatus)
    {
      ++yynerrs;
      {
        yypcontext_t yyctx
          = {yyssp, yyesa, &yyes, &yyes_capacity, yytoken, &yylloc};
        if (yychar != T_MIL_YYEMPTY)
          YY_LAC_ESTABLISH;
        if (yyreport_syntax_error (&yyctx, r) == 2)
          YYNOMEM;
      }
    }

  yyerror_range[1] = yylloc;
  if (yyerrstatus == 3)
    {
      /* If just tried and failed to reuse lookahead token after an
         error, discard it.  */

      if (yychar <= T_END)
        {
          /* Return failure if at end of input.  */
          if (yychar == T_END)
            YYABORT;
        }
      else
        {
          yydestruct ("Error: discarding",
                      yytoken, &yylval, &yylloc, r);
          yychar = T_MIL_YYEMPTY;
        }
    }

  /* Else will try to reuse lookahead token after shifting the error
     token.  */
  goto yyerrlab1;


/*---------------------------------------------------.
| yyerrorlab -- error raised explicitly by YYERROR.  |
`---------------------------------------------------*/
yyerrorlab:
  /* Pacify compilers when the user code never invokes YYERROR and the
     label yyerrorlab therefore never appears in user code.  */
  if (0)
    YYERROR;
  ++yynerrs;

  /* Do not reclaim the symbols of the rule whose action triggered
     this YYERROR.  */
  YYPOPSTACK (yylen);
  yylen = 0;
  YY_STACK_PRINT (yyss, yyssp);
  yystate = *yyssp;
  goto yyerrlab1;


/*-------------------------------------------------------------.
| yyerrlab1 -- common code for both syntax error and YYERROR.  |
`-------------------------------------------------------------*/
yyerrlab1:
  yyerrstatus = 3;      /* Each real token shifted decrements this.  */

  /* Pop stack until we find a state that shifts the error token.  */
  for (;;)
    {
      yyn = yypact[yystate];
      if (!yypact_value_is_default (yyn))
        {
          yyn += YYSYMBOL_YYerror;
          if (0 <= yyn && yyn <= YYLAST && yycheck[yyn] == YYSYMBOL_YYerror)
            {
              yyn = yytable[yyn];
              if (0 < yyn)
                break;
            }
        }

      /* Pop the current state because it cannot handle the error token.  */
      if (yyssp == yyss)
        YYABORT;

      yyerror_range[1] = *yylsp;
      yydestruct ("Error: popping",
                  YY_ACCESSING_SYMBOL (yystate), yyvsp, yylsp, r);
      YYPOPSTACK (1);
      yystate = *yyssp;
      YY_STACK_PRINT (yyss, yyssp);
    }

  /* If the stack popping above didn't lose the initial context for the
     current lookahead token, the shift below will for sure.  */
  YY_LAC_DISCARD ("error recovery");

  YY_IGNORE_MAYBE_UNINITIALIZED_BEGIN
  *++yyvsp = yylval;
  YY_IGNORE_MAYBE_UNINITIALIZED_END

  yyerror_range[2] = yylloc;
  ++yylsp;
  YYLLOC_DEFAULT (*yylsp, yyerror_range, 2);

  /* Shift the error token.  */
  YY_SYMBOL_PRINT ("Shifting", YY_ACCESSING_SYMBOL (yyn), yyvsp, yylsp);

  yystate = yyn;
  goto yynewstate;


/*-------------------------------------.
| yyacceptlab -- YYACCEPT comes here.  |
`-------------------------------------*/
yyacceptlab:
  yyresult = 0;
  goto yyreturnlab;


/*-----------------------------------.
| yyabortlab -- YYABORT comes here.  |
`-----------------------------------*/
yyabortlab:
  yyresult = 1;
  goto yyreturnlab;


/*-----------------------------------------------------------.
| yyexhaustedlab -- YYNOMEM (memory exhaustion) comes here.  |
`-----------------------------------------------------------*/
yyexhaustedlab:
  yyerror (&yylloc, r, YY_("memory exhausted"));
  yyresult = 2;
  goto yyreturnlab;


/*----------------------------------------------------------.
| yyreturnlab -- parsing is finished, clean up and return.  |
`----------------------------------------------------------*/
yyreturnlab:
  if (yychar != T_MIL_YYEMPTY)
    {
      /* Make sure we have latest lookahead translation.  See comments at
         user semantic actions for why this is necessary.  */
      yytoken = YYTRANSLATE (yychar);
      yydestruct ("Cleanup: discarding lookahead",
                  yytoken, &yylval, &yylloc, r);
    }
  /* Do not reclaim the symbols of the rule whose action triggered
     this YYABORT or YYACCEPT.  */
  YYPOPSTACK (yylen);
  YY_STACK_PRINT (yyss, yyssp);
  while (yyssp != yyss)
    {
      yydestruct ("Cleanup: popping",
                  YY_ACCESSING_SYMBOL (+*yyssp), yyvsp, yylsp, r);
      YYPOPSTACK (1);
    }
#ifndef yyoverflow
  if (yyss != yyssa)
    YYSTACK_FREE (yyss);
#endif
  if (yyes != yyesa)
    YYSTACK_FREE (yyes);

  return yyresult;
}



/* --- what the actions call --- */

static mil_list take(mil_reader *r, const void *stack, size_t *height, size_t first, size_t size) {
    size_t count = *height - first;
    *height = first;
    if (count == 0) {
        return (mil_list){0};
    }
    const char *from = (const char *)stack + first * size;
    return (mil_list){(int)count, arena_memdup(r->memory, from, count * size)};
}

static char *word(mil_reader *r, const char *s) {
    return mil_intern(r, s, strlen(s));
}

static mil_mark here(const mil_reader *r) {
    return (mil_mark){r->cells.len, r->blobs.len};
}

/* "1.3": the dot separates two numbers */
static bool set_version(mil_reader *r, mil_loc at, const unsigned char *digits) {
    const unsigned char *s = digits;
    int version[2] = {0, 0}, count = 0, part = 0;
    for (; (*s >= '0' && *s <= '9') || (*s == '.' && part == 0 && count); s++) {
        if (*s == '.') {
            part++;
            count = 0;
        } else if (count++ < 6) {
            version[part] = version[part] * 10 + (*s - '0');
        }
    }
    if (part == 0 || count == 0 || count > 6 || (*s != ')' && *s != ' ')) {
        return mil_read_error(r, MIL_M0104, at, "a program's version looks like 1.3");
    }
    r->program->version_at = at;
    r->program->version_major = version[0];
    r->program->version_minor = version[1];
    return true;
}

static bool parse_dim(mil_reader *r, mil_loc at, const unsigned char *digits, int64_t *dim) {
    if (!mil_parse_int64(digits, dim) || *dim < 0) {
        return mil_read_error(r, MIL_M0104, at, "a dimension must be ? or a whole number from 0 to 2^63 - 1");
    }
    return true;
}

static bool tensor_type(mil_reader *r, mil_loc at, mil_dtype dtype, mil_list dims, mil_type *type) {
    if (dims.count > MIL_MAX_RANK) {
        return mil_read_error(r, MIL_M0104, at, "a tensor of rank %d; at most %d is supported", dims.count,
                              MIL_MAX_RANK);
    }
    *type = mil_scalar(dtype);
    type->rank = dims.count;
    type->dims = dims.at;
    type->spelt = dims.count ? MIL_SPELT_ANY : MIL_SPELT_LONG;
    return true;
}

static mil_type compound(mil_type_kind kind, mil_list parts) {
    return (mil_type){.kind = kind, .parts = parts.count, .part = parts.at};
}

static mil_arg literal_arg(mil_reader *r, const mil_value *value) {
    return (mil_arg){.kind = MIL_LITERAL, .literal = arena_memdup(r->memory, value, sizeof *value)};
}

/* parentheses around one element are not kept: it is printed without them */
static mil_arg tuple_arg(mil_list parts) {
    if (parts.count == 1) {
        return *(mil_arg *)parts.at;
    }
    return (mil_arg){.kind = MIL_ARGS, .parts = parts.count, .part = parts.at};
}

/* --- syntax errors --- */

#define BIT(symbol) ((uint64_t)1 << YYSYMBOL_##symbol)
#define TYPES                                                                                      \
    (BIT(DTYPE) | BIT(TENSOR) | BIT(LIST) | BIT(TUPLE) | BIT(DICT) | BIT(STATE) | BIT(BUFFER))
#define WORDS (TYPES | BIT(NAME) | BIT(PROGRAM) | BIT(FUNC))

_Static_assert(YYNTOKENS <= 64, "a set of tokens must fit 64 bits");

/* sets of expected tokens that have a better name than their list; the first that fits wins */
static const struct {
    uint64_t present, covered;
    const char *text;
} groups[] = {
    {BIT(NAME) | BIT(NUMBER), UINT64_MAX, "a name or a value"},
    {BIT(TENSOR) | BIT(NUMBER), UINT64_MAX, "a value"},
    {BIT(NAME) | BIT(PROGRAM), WORDS | BIT(BLOBFILE), "an identifier"},
    {BIT(NAME) | BIT(DTYPE), WORDS, "a statement"},
    {BIT(NUMBER) | BIT(STRING), UINT64_MAX, "a literal"},
    {BIT(TENSOR), TYPES, "a type"},
    {BIT(DTYPE), BIT(DTYPE), "an element type"},
    {BIT(NUMBER), BIT(NUMBER), "a number"},
    {BIT(STRING), BIT(STRING), "a string"},
    {BIT(NAME), BIT(NAME), "an identifier"},
};

/* what an open bracket (or the whole) belongs to, by the symbol before it */
static const struct {
    yysymbol_kind_t bracket, before;
    const char *text;
} places[] = {
    {YYSYMBOL_program, YYSYMBOL_YYEMPTY, "after the program"},
    {YYSYMBOL_LPAREN, YYSYMBOL_PROGRAM, "in the program's version"},
    {YYSYMBOL_LPAREN, YYSYMBOL_target, "in a parameter list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_blocks, "in a block's parameter list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_opset, "in an argument list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_EQUALS, "in a tuple of arguments"},
    {YYSYMBOL_LPAREN, YYSYMBOL_ARROW, "in a result list"},
    {YYSYMBOL_LPAREN, YYSYMBOL_BLOBFILE, "in a blob's place"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_version, "in an attribute list"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_params, "in an attribute list"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_args, "in an attribute list"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_COMMA, "in a shape"},
    {YYSYMBOL_LBRACE, YYSYMBOL_program_attrs, "in the program"},
    {YYSYMBOL_LBRACE, YYSYMBOL_attrs, "in a function"},
    {YYSYMBOL_LBRACE, YYSYMBOL_params, "in a block"},
    {YYSYMBOL_LESS, YYSYMBOL_YYEMPTY, "in a type"},
    {YYSYMBOL_LPAREN, YYSYMBOL_YYEMPTY, "in a literal"},
    {YYSYMBOL_LBRACKET, YYSYMBOL_YYEMPTY, "in a literal"},
    {YYSYMBOL_LBRACE, YYSYMBOL_YYEMPTY, "in a literal"},
};

static void expect_symbol(text *list, yysymbol_kind_t symbol) {
    const char *name = yysymbol_name(symbol);
    text_puts(list, list->len ? " or " : "");
    text_printf(list, symbol == YYSYMBOL_YYEOF ? "%s" : "\"%s\"", name);
}

static void expect_symbols(text *list, uint64_t set) {
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if ((set & groups[i].present) == groups[i].present) {
            text_puts(list, list->len ? " or " : "");
            text_puts(list, groups[i].text);
            set &= ~groups[i].covered;
        }
    }
    for (int symbol = 0; symbol < YYNTOKENS; symbol++) {
        if (set >> symbol & 1) {
            expect_symbol(list, (yysymbol_kind_t)symbol);
        }
    }
}

/* the innermost bracket that is still open on the parser's stack */
static const char *find_place(const yy_state_t *top) {
    for (; *top != 0; top--) {
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            if (YY_ACCESSING_SYMBOL(top[0]) == places[i].bracket &&
                (places[i].before == YYSYMBOL_YYEMPTY ||
                 (top[-1] != 0 && YY_ACCESSING_SYMBOL(top[-1]) == places[i].before))) {
                return places[i].text;
            }
        }
    }
    return "at the start of MIL text";
}

static int yyreport_syntax_error(const yypcontext_t *context, mil_reader *r) {
    yysymbol_kind_t symbols[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    uint64_t set = 0;
    for (int i = 0; i < n; i++) {
        set |= (uint64_t)1 << symbols[i];
    }
    text found = {0}, expected = {0};
    expect_symbols(&expected, set);
    if (yypcontext_token(context) == YYSYMBOL_YYEOF) {
        text_puts(&found, "end of the text");
    } else {
        size_t length = (size_t)(r->at - r->token);
        text_json(&found, (const char *)r->token, length < 40 ? length : 40);
    }
    mil_read_error(r, MIL_M0101, *yypcontext_location(context), "unexpected %s, expected %s (%s)", found.at,
                   expected.at ? expected.at : "nothing more", find_place(context->yyssp));
    text_free(&found);
    text_free(&expected);
    return 0;
}

/* bison's own complaint: its stack would outgrow YYMAXDEPTH */
static void mil_yyerror(const mil_loc *at, mil_reader *r, const char *message) {
    mil_read_error(r, MIL_M0103, *at, "%s", message);
}
