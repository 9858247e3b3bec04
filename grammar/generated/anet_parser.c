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
#define YYSTYPE         ANET_YYSTYPE
#define YYLTYPE         ANET_YYLTYPE
/* Substitute the variable and function names.  */
#define yyparse         anet_yyparse
#define yylex           anet_yylex
#define yyerror         anet_yyerror
#define yydebug         anet_yydebug
#define yynerrs         anet_yynerrs


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

#include "anet_parser.h"
/* Symbol kind.  */
enum yysymbol_kind_t
{
  YYSYMBOL_YYEMPTY = -2,
  YYSYMBOL_YYEOF = 0,                      /* "end of file"  */
  YYSYMBOL_YYerror = 1,                    /* error  */
  YYSYMBOL_YYUNDEF = 2,                    /* "invalid token"  */
  YYSYMBOL_SEP = 3,                        /* "end of line"  */
  YYSYMBOL_NAME = 4,                       /* "name"  */
  YYSYMBOL_STRING = 5,                     /* "string"  */
  YYSYMBOL_INTEGER = 6,                    /* "integer"  */
  YYSYMBOL_REAL = 7,                       /* "real number"  */
  YYSYMBOL_IMPORT = 8,                     /* "import"  */
  YYSYMBOL_MODEL = 9,                      /* "model"  */
  YYSYMBOL_LAYER = 10,                     /* "layer"  */
  YYSYMBOL_CONFIG = 11,                    /* "config"  */
  YYSYMBOL_INPUT = 12,                     /* "input"  */
  YYSYMBOL_TARGET = 13,                    /* "target"  */
  YYSYMBOL_OUTPUT = 14,                    /* "output"  */
  YYSYMBOL_PARAM = 15,                     /* "param"  */
  YYSYMBOL_FROZEN = 16,                    /* "frozen"  */
  YYSYMBOL_REQUIRE = 17,                   /* "require"  */
  YYSYMBOL_IF = 18,                        /* "if"  */
  YYSYMBOL_ELSE = 19,                      /* "else"  */
  YYSYMBOL_TRAIN = 20,                     /* "train"  */
  YYSYMBOL_CHECKPOINT = 21,                /* "checkpoint"  */
  YYSYMBOL_REPEAT = 22,                    /* "repeat"  */
  YYSYMBOL_AS = 23,                        /* "as"  */
  YYSYMBOL_TOKEN = 24,                     /* "token"  */
  YYSYMBOL_TRUE = 25,                      /* "true"  */
  YYSYMBOL_FALSE = 26,                     /* "false"  */
  YYSYMBOL_ASSIGN = 27,                    /* "="  */
  YYSYMBOL_COMMA = 28,                     /* ","  */
  YYSYMBOL_DOT = 29,                       /* "."  */
  YYSYMBOL_AT = 30,                        /* "@"  */
  YYSYMBOL_LPAREN = 31,                    /* "("  */
  YYSYMBOL_RPAREN = 32,                    /* ")"  */
  YYSYMBOL_LBRACKET = 33,                  /* "["  */
  YYSYMBOL_RBRACKET = 34,                  /* "]"  */
  YYSYMBOL_LBRACE = 35,                    /* "{"  */
  YYSYMBOL_RBRACE = 36,                    /* "}"  */
  YYSYMBOL_ARROW = 37,                     /* "->"  */
  YYSYMBOL_QUESTION = 38,                  /* "?"  */
  YYSYMBOL_COLON = 39,                     /* ":"  */
  YYSYMBOL_OR = 40,                        /* "or"  */
  YYSYMBOL_AND = 41,                       /* "and"  */
  YYSYMBOL_NOT = 42,                       /* "not"  */
  YYSYMBOL_EQ = 43,                        /* "=="  */
  YYSYMBOL_NE = 44,                        /* "!="  */
  YYSYMBOL_LT = 45,                        /* "<"  */
  YYSYMBOL_LE = 46,                        /* "<="  */
  YYSYMBOL_GT = 47,                        /* ">"  */
  YYSYMBOL_GE = 48,                        /* ">="  */
  YYSYMBOL_PLUS = 49,                      /* "+"  */
  YYSYMBOL_MINUS = 50,                     /* "-"  */
  YYSYMBOL_STAR = 51,                      /* "*"  */
  YYSYMBOL_SLASH = 52,                     /* "/"  */
  YYSYMBOL_PERCENT = 53,                   /* "%"  */
  YYSYMBOL_NEGATE = 54,                    /* NEGATE  */
  YYSYMBOL_ANNOTATION = 55,                /* ANNOTATION  */
  YYSYMBOL_YYACCEPT = 56,                  /* $accept  */
  YYSYMBOL_file = 57,                      /* file  */
  YYSYMBOL_declarations = 58,              /* declarations  */
  YYSYMBOL_declaration = 59,               /* declaration  */
  YYSYMBOL_path = 60,                      /* path  */
  YYSYMBOL_parameters = 61,                /* parameters  */
  YYSYMBOL_parameter_list = 62,            /* parameter_list  */
  YYSYMBOL_parameter = 63,                 /* parameter  */
  YYSYMBOL_members = 64,                   /* members  */
  YYSYMBOL_members_ = 65,                  /* members_  */
  YYSYMBOL_member = 66,                    /* member  */
  YYSYMBOL_requirement = 67,               /* requirement  */
  YYSYMBOL_lets = 68,                      /* lets  */
  YYSYMBOL_lets_ = 69,                     /* lets_  */
  YYSYMBOL_let = 70,                       /* let  */
  YYSYMBOL_patterns = 71,                  /* patterns  */
  YYSYMBOL_patterns_ = 72,                 /* patterns_  */
  YYSYMBOL_pattern = 73,                   /* pattern  */
  YYSYMBOL_sizes = 74,                     /* sizes  */
  YYSYMBOL_initialiser = 75,               /* initialiser  */
  YYSYMBOL_if = 76,                        /* if  */
  YYSYMBOL_else = 77,                      /* else  */
  YYSYMBOL_function = 78,                  /* function  */
  YYSYMBOL_arguments = 79,                 /* arguments  */
  YYSYMBOL_argument_list = 80,             /* argument_list  */
  YYSYMBOL_argument = 81,                  /* argument  */
  YYSYMBOL_types = 82,                     /* types  */
  YYSYMBOL_type = 83,                      /* type  */
  YYSYMBOL_statements = 84,                /* statements  */
  YYSYMBOL_statements_ = 85,               /* statements_  */
  YYSYMBOL_statement = 86,                 /* statement  */
  YYSYMBOL_binding = 87,                   /* binding  */
  YYSYMBOL_names = 88,                     /* names  */
  YYSYMBOL_annotations = 89,               /* annotations  */
  YYSYMBOL_annotation = 90,                /* annotation  */
  YYSYMBOL_call_arguments = 91,            /* call_arguments  */
  YYSYMBOL_call_argument_list = 92,        /* call_argument_list  */
  YYSYMBOL_call_argument = 93,             /* call_argument  */
  YYSYMBOL_expressions = 94,               /* expressions  */
  YYSYMBOL_expression = 95,                /* expression  */
  YYSYMBOL_operand = 96,                   /* operand  */
  YYSYMBOL_index = 97,                     /* index  */
  YYSYMBOL_separators = 98,                /* separators  */
  YYSYMBOL_name = 99                       /* name  */
};
typedef enum yysymbol_kind_t yysymbol_kind_t;



/* Unqualified %code blocks.  */

static int anet_yylex(ANET_YYSTYPE *value, loc *at, parser *p);
static void anet_yyerror(const loc *at, parser *p, const char *message);

#define NONE ((tree){0})
#define YYMAXDEPTH 100000 /* next_token and too_deep bound the nesting long before */

/* The place of a rule is that of its symbols; of an empty rule, the point behind what went before. */
#define YYLLOC_DEFAULT(Current, Rhs, N)                                                            \
    ((Current) = (N) ? span(YYRHSLOC(Rhs, 1), YYRHSLOC(Rhs, N))                                    \
                     : (loc){YYRHSLOC(Rhs, 0).file, YYRHSLOC(Rhs, 0).end, YYRHSLOC(Rhs, 0).end})

static tree damaged(parser *p, loc at) {
    return node(p, AST_ERROR, at, NULL, NONE, NONE, NONE);
}

static tree flagged(tree t, bool flag) {
    t.first->flag = flag;
    return t;
}


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
typedef yytype_int16 yy_state_t;

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
         || (defined ANET_YYLTYPE_IS_TRIVIAL && ANET_YYLTYPE_IS_TRIVIAL \
             && defined ANET_YYSTYPE_IS_TRIVIAL && ANET_YYSTYPE_IS_TRIVIAL)))

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
#define YYFINAL  3
/* YYLAST -- Last index in YYTABLE.  */
#define YYLAST   749

/* YYNTOKENS -- Number of terminals.  */
#define YYNTOKENS  56
/* YYNNTS -- Number of nonterminals.  */
#define YYNNTS  44
/* YYNRULES -- Number of rules.  */
#define YYNRULES  155
/* YYNSTATES -- Number of states.  */
#define YYNSTATES  291

/* YYMAXUTOK -- Last valid token kind.  */
#define YYMAXUTOK   310


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
      25,    26,    27,    28,    29,    30,    31,    32,    33,    34,
      35,    36,    37,    38,    39,    40,    41,    42,    43,    44,
      45,    46,    47,    48,    49,    50,    51,    52,    53,    54,
      55
};

#if ANET_YYDEBUG
/* YYRLINE[YYN] -- Source line where rule number YYN was defined.  */
static const yytype_int16 yyrline[] =
{
       0,    88,    88,    92,    93,    94,    98,   100,   102,   104,
     105,   106,   107,   111,   112,   116,   117,   118,   122,   123,
     127,   128,   133,   134,   135,   139,   140,   141,   142,   146,
     147,   148,   149,   150,   152,   154,   155,   156,   158,   159,
     160,   164,   166,   171,   172,   173,   177,   178,   179,   180,
     184,   188,   189,   190,   194,   195,   196,   197,   201,   206,
     207,   208,   212,   213,   217,   221,   222,   223,   227,   229,
     234,   235,   236,   240,   241,   245,   249,   250,   254,   255,
     256,   261,   262,   263,   267,   268,   269,   270,   275,   276,
     278,   280,   284,   286,   288,   290,   295,   296,   300,   301,
     302,   306,   308,   313,   314,   315,   319,   320,   324,   325,
     329,   330,   334,   335,   336,   338,   339,   340,   341,   342,
     343,   344,   345,   346,   347,   348,   349,   350,   351,   352,
     356,   358,   360,   361,   362,   363,   364,   365,   367,   369,
     371,   373,   378,   379,   383,   384,   388,   389,   390,   391,
     392,   393,   394,   395,   396,   397
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
  "end of file", "error", "invalid token", "end of line", "name",
  "string", "integer", "real number", "import", "model", "layer", "config",
  "input", "target", "output", "param", "frozen", "require", "if", "else",
  "train", "checkpoint", "repeat", "as", "token", "true", "false", "=",
  ",", ".", "@", "(", ")", "[", "]", "{", "}", "->", "?", ":", "or", "and",
  "not", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%",
  "NEGATE", "ANNOTATION", "$accept", "file", "declarations", "declaration",
  "path", "parameters", "parameter_list", "parameter", "members",
  "members_", "member", "requirement", "lets", "lets_", "let", "patterns",
  "patterns_", "pattern", "sizes", "initialiser", "if", "else", "function",
  "arguments", "argument_list", "argument", "types", "type", "statements",
  "statements_", "statement", "binding", "names", "annotations",
  "annotation", "call_arguments", "call_argument_list", "call_argument",
  "expressions", "expression", "operand", "index", "separators", "name", YY_NULLPTR
  };
  return yy_sname[yysymbol];
}
#endif

#define YYPACT_NINF (-153)

#define yypact_value_is_default(Yyn) \
  ((Yyn) == YYPACT_NINF)

#define YYTABLE_NINF (-82)

#define yytable_value_is_error(Yyn) \
  ((Yyn) == YYTABLE_NINF)

/* YYPACT[STATE-NUM] -- Index in YYTABLE of the portion describing
   STATE-NUM.  */
static const yytype_int16 yypact[] =
{
    -153,    38,    44,  -153,     4,  -153,   236,    89,   123,  -153,
    -153,  -153,  -153,  -153,  -153,  -153,  -153,  -153,  -153,  -153,
    -153,    19,  -153,    14,    24,    27,    64,    35,    10,    90,
    -153,  -153,  -153,   236,  -153,    94,  -153,    71,   236,   236,
     236,   236,    83,   421,   421,    72,   236,   236,   236,   108,
    -153,  -153,  -153,  -153,   498,  -153,    96,  -153,    81,    92,
      93,    98,    97,  -153,    99,  -153,  -153,   102,   103,   104,
     105,   236,  -153,  -153,  -153,   421,  -153,  -153,   421,   421,
     421,   572,    34,  -153,   611,  -153,   113,   101,   117,   126,
    -153,   -12,   116,  -153,  -153,   236,  -153,   129,   421,  -153,
    -153,  -153,   122,   236,   421,   127,   185,   -14,   -14,   421,
     357,   137,   105,   447,   546,   685,  -153,   160,   421,   421,
     421,   421,   421,   421,   421,   421,   421,   421,   421,   421,
     421,   421,   421,   163,   421,   421,  -153,   133,  -153,   421,
     134,   236,   236,   143,   -14,    40,  -153,   421,   645,  -153,
    -153,   645,  -153,   170,  -153,   171,   148,   144,   389,  -153,
    -153,   645,  -153,    22,   645,   421,  -153,   137,   236,   141,
     421,  -153,  -153,   661,   628,   674,   685,   696,   696,   696,
     696,   696,   696,    63,    63,  -153,  -153,  -153,  -153,   146,
     152,  -153,   645,   157,   592,   149,  -153,   151,   453,   158,
     -16,  -153,   116,  -153,   421,  -153,   164,   645,   156,  -153,
    -153,   421,   421,  -153,    23,   421,  -153,   645,  -153,  -153,
    -153,    41,   421,  -153,   421,   421,  -153,   174,  -153,   192,
    -153,   199,   176,  -153,   -14,   169,   645,   421,  -153,   645,
      30,  -153,   645,   334,  -153,   661,  -153,   645,    -6,  -153,
    -153,  -153,   205,    42,  -153,  -153,   645,   166,  -153,   645,
    -153,  -153,  -153,   -14,   177,   178,   261,   421,     6,   180,
    -153,  -153,  -153,   210,  -153,  -153,   214,   301,   493,   645,
    -153,  -153,   183,  -153,  -153,   520,   421,  -153,   421,   645,
     645
};

/* YYDEFACT[STATE-NUM] -- Default reduction number in state STATE-NUM.
   Performed when YYTABLE does not specify something else to do.  Zero
   means the default is an error.  */
static const yytype_uint8 yydefact[] =
{
       3,     0,     0,     1,    12,     4,     0,     0,     0,     5,
      25,   146,   147,   148,   149,   150,   151,   152,   153,   155,
     154,     6,    13,     0,     0,     0,     0,     0,     0,     0,
      25,    25,    25,    15,    11,    24,    26,   147,   148,   149,
     150,     0,   151,     0,     0,   152,   153,     0,    70,    23,
      35,    38,    39,    40,     0,    98,     0,    14,     0,     0,
       0,     0,    16,    18,    20,    28,    46,     0,     0,     0,
      59,     0,   132,   130,   131,     0,   133,   134,     0,     0,
       0,    41,   112,   135,     0,    46,     0,   101,     0,    71,
      73,     0,    96,    27,   100,     0,    99,     0,     0,     9,
       7,    10,     0,    17,     0,     0,     0,     0,     0,     0,
       0,    62,    59,   142,     0,   117,   129,     0,     0,     0,
       0,     0,     0,     0,     0,     0,     0,     0,     0,     0,
       0,     0,     0,     0,   103,     0,    25,     0,    54,   103,
       0,    72,     0,     0,     0,     0,    96,     0,    92,    25,
      19,    21,    29,    45,    47,    44,     0,     0,     0,    30,
      31,    32,    60,     0,   110,     0,    33,    62,     0,     0,
       0,   136,    42,   113,     0,   115,   116,   118,   119,   120,
     121,   122,   123,   124,   125,   126,   127,   128,   141,     0,
     104,   106,   108,   135,     0,     0,    36,     0,     0,     0,
       0,    74,     0,    97,     0,    75,     0,    94,     0,    49,
      48,     0,     0,    78,     0,     0,    61,    63,    34,   143,
     144,     0,     0,   139,   105,     0,   140,    65,    37,    53,
      55,    52,     0,   102,     0,     0,    93,     0,     8,    50,
       0,    79,   111,     0,   137,   114,   107,   109,     0,    64,
      57,    56,     0,     0,    76,    84,    95,     0,   145,   144,
      25,    67,    58,     0,     0,     0,     0,     0,     0,     0,
      77,    84,    68,    83,    85,    91,    82,     0,    88,    80,
     138,    66,     0,    87,    86,     0,     0,    69,     0,    89,
      90
};

/* YYPGOTO[NTERM-NUM].  */
static const yytype_int16 yypgoto[] =
{
    -153,  -153,  -153,  -153,  -153,  -153,  -153,   119,   -28,  -153,
    -153,   -46,   140,  -153,  -153,  -153,  -153,  -153,   114,    60,
     -19,  -153,  -153,  -153,  -153,    95,  -153,  -101,   -41,  -153,
    -153,  -153,   136,   -33,   -49,   100,  -153,    11,  -152,   -43,
    -153,  -153,   -22,   112
};

/* YYDEFGOTO[NTERM-NUM].  */
static const yytype_int16 yydefgoto[] =
{
       0,     1,     2,     9,    21,    61,    62,    63,    27,    28,
      49,    50,   105,   106,   155,   197,   198,   231,   111,   166,
      51,   249,    52,    88,    89,    90,   253,   159,   265,   266,
     276,    53,    91,    54,    55,   189,   190,   191,   163,   164,
      82,   169,   243,    83
};

/* YYTABLE[YYPACT[STATE-NUM]] -- What to do in state STATE-NUM.  If
   positive, shift that token.  If negative, reduce the rule whose
   number is the opposite.  If YYTABLE_NINF, syntax error.  */
static const yytype_int16 yytable[] =
{
      81,    84,    58,    59,    60,    96,   214,   160,   157,   258,
     157,    35,    44,    36,    11,   234,   142,   158,   221,   158,
     143,    37,    38,    39,    40,    41,    42,    43,    44,   260,
      45,    46,   113,    19,    20,   114,   115,   116,     3,    10,
      47,    48,   280,   205,    -2,     4,   -22,     5,    29,    30,
     215,   215,     6,     7,     8,   148,   216,   241,   215,    31,
     240,   151,    32,   133,   257,   134,   161,   135,   142,   215,
     263,    34,   206,   244,   264,   173,   174,   175,   176,   177,
     178,   179,   180,   181,   182,   183,   184,   185,   186,   187,
      23,   192,   194,    11,    57,    33,   192,    65,    71,   235,
      12,    13,    14,    15,   207,    16,    66,    85,   195,    17,
      18,    93,    19,    20,   130,   131,   132,    99,    22,    24,
      26,   208,   217,    98,    25,   103,   104,    11,   100,   101,
     102,   109,   139,   254,    12,    13,    14,    15,   110,    16,
      56,   107,   108,    17,    18,    64,    19,    20,   138,   140,
      67,    68,    69,    70,   141,   144,   147,   149,    86,    87,
      92,   236,   270,   152,   165,   172,    97,   188,   239,   196,
     204,   200,   242,   209,   210,   211,   220,   212,   223,   245,
     224,   192,   247,   112,   225,   227,   153,   228,   154,    11,
     233,   237,   238,   248,   256,   250,    12,    13,    14,    15,
     259,    16,   251,   252,   255,    17,    18,   146,    19,    20,
     262,   267,   271,   283,   272,    64,   281,   284,   156,   287,
     275,   -43,   150,   278,   279,   137,   167,   218,    96,   261,
     282,   145,   269,   277,   285,   246,   201,   268,     0,   199,
      11,     0,     0,   289,     0,   290,   193,    12,    13,    14,
      15,   193,    16,   202,   203,     0,    17,    18,     0,    19,
      20,     0,   273,     0,   274,    11,    72,    73,    74,     0,
       0,     0,    12,    13,    14,    15,     0,    16,    43,     0,
     219,    17,    18,    75,    19,    20,    76,    77,     0,     0,
       0,    47,    78,     0,     0,     0,     0,   -81,     0,     0,
       0,     0,     0,    79,    94,    11,    72,    73,    74,     0,
     232,    80,    12,    13,    14,    15,     0,    16,     0,     0,
       0,    17,    18,    75,    19,    20,    76,    77,     0,     0,
       0,    47,    78,     0,     0,     0,   193,   258,    11,    72,
      73,    74,     0,    79,     0,    12,    13,    14,    15,     0,
      16,    80,     0,     0,    17,    18,    75,    19,    20,    76,
      77,    11,    72,    73,    74,    78,     0,     0,    12,    13,
      14,    15,     0,    16,     0,     0,    79,    17,    18,    75,
      19,    20,    76,    77,    80,     0,     0,     0,    78,     0,
       0,   162,     0,    11,    72,    73,    74,     0,     0,    79,
      12,    13,    14,    15,     0,    16,     0,    80,     0,    17,
      18,    75,    19,    20,    76,    77,     0,     0,     0,     0,
      78,     0,     0,   213,     0,    11,    72,    73,    74,     0,
       0,    79,    12,    13,    14,    15,     0,    16,     0,    80,
       0,    17,    18,    75,    19,    20,    76,    77,     0,     0,
       0,     0,    78,     0,   229,     0,   230,    11,     0,     0,
       0,     0,     0,    79,    12,    13,    14,    15,     0,    16,
     168,    80,     0,    17,    18,     0,    19,    20,     0,     0,
       0,     0,     0,     0,   118,   119,     0,   120,   121,   -51,
     122,   123,   124,   125,   126,   127,   128,   129,   130,   131,
     132,    94,    11,     0,     0,     0,     0,     0,     0,    12,
      13,    14,    15,     0,    16,     0,     0,     0,    17,    18,
     286,    19,    20,     0,     0,     0,     0,     0,    47,    95,
     118,   119,     0,   120,   121,     0,   122,   123,   124,   125,
     126,   127,   128,   129,   130,   131,   132,   288,     0,     0,
       0,     0,     0,     0,     0,     0,     0,   118,   119,     0,
     120,   121,     0,   122,   123,   124,   125,   126,   127,   128,
     129,   130,   131,   132,   170,     0,     0,     0,   171,     0,
       0,     0,     0,   118,   119,     0,   120,   121,     0,   122,
     123,   124,   125,   126,   127,   128,   129,   130,   131,   132,
     117,     0,     0,     0,     0,     0,     0,     0,     0,   118,
     119,     0,   120,   121,     0,   122,   123,   124,   125,   126,
     127,   128,   129,   130,   131,   132,   226,     0,     0,   118,
     119,     0,   120,   121,     0,   122,   123,   124,   125,   126,
     127,   128,   129,   130,   131,   132,   136,     0,   118,   119,
       0,   120,   121,     0,   122,   123,   124,   125,   126,   127,
     128,   129,   130,   131,   132,   118,   119,   222,   120,   121,
       0,   122,   123,   124,   125,   126,   127,   128,   129,   130,
     131,   132,   118,   119,     0,   120,   121,     0,   122,   123,
     124,   125,   126,   127,   128,   129,   130,   131,   132,   119,
       0,   120,   121,     0,   122,   123,   124,   125,   126,   127,
     128,   129,   130,   131,   132,   121,     0,   122,   123,   124,
     125,   126,   127,   128,   129,   130,   131,   132,   122,   123,
     124,   125,   126,   127,   128,   129,   130,   131,   132,   -82,
     -82,   -82,   -82,   -82,   -82,   128,   129,   130,   131,   132
};

static const yytype_int16 yycheck[] =
{
      43,    44,    30,    31,    32,    54,   158,   108,    24,     3,
      24,     1,    18,     3,     4,    31,    28,    33,   170,    33,
      32,    11,    12,    13,    14,    15,    16,    17,    18,    35,
      20,    21,    75,    23,    24,    78,    79,    80,     0,    35,
      30,    31,    36,   144,     0,     1,    36,     3,    29,    35,
      28,    28,     8,     9,    10,    98,    34,    34,    28,    35,
     212,   104,    35,    29,    34,    31,   109,    33,    28,    28,
      28,    36,    32,    32,    32,   118,   119,   120,   121,   122,
     123,   124,   125,   126,   127,   128,   129,   130,   131,   132,
       1,   134,   135,     4,     4,    31,   139,     3,    15,   200,
      11,    12,    13,    14,   147,    16,    35,    35,   136,    20,
      21,     3,    23,    24,    51,    52,    53,    36,     6,     7,
       8,   149,   165,    27,     1,    28,    27,     4,    36,    36,
      32,    27,    31,   234,    11,    12,    13,    14,    33,    16,
      28,    39,    39,    20,    21,    33,    23,    24,    35,    32,
      38,    39,    40,    41,    28,    39,    27,    35,    46,    47,
      48,   204,   263,    36,    27,     5,    54,     4,   211,    36,
      27,    37,   215,     3,     3,    27,    35,    33,    32,   222,
      28,   224,   225,    71,    27,    36,     1,    36,     3,     4,
      32,    27,    36,    19,   237,     3,    11,    12,    13,    14,
     243,    16,     3,    27,    35,    20,    21,    95,    23,    24,
       5,    45,    35,     3,    36,   103,    36,     3,   106,    36,
     266,    36,   103,   266,   267,    85,   112,   167,   277,   248,
     271,    95,   260,   266,   277,   224,   141,   259,    -1,   139,
       4,    -1,    -1,   286,    -1,   288,   134,    11,    12,    13,
      14,   139,    16,   141,   142,    -1,    20,    21,    -1,    23,
      24,    -1,     1,    -1,     3,     4,     5,     6,     7,    -1,
      -1,    -1,    11,    12,    13,    14,    -1,    16,    17,    -1,
     168,    20,    21,    22,    23,    24,    25,    26,    -1,    -1,
      -1,    30,    31,    -1,    -1,    -1,    -1,    36,    -1,    -1,
      -1,    -1,    -1,    42,     3,     4,     5,     6,     7,    -1,
     198,    50,    11,    12,    13,    14,    -1,    16,    -1,    -1,
      -1,    20,    21,    22,    23,    24,    25,    26,    -1,    -1,
      -1,    30,    31,    -1,    -1,    -1,   224,     3,     4,     5,
       6,     7,    -1,    42,    -1,    11,    12,    13,    14,    -1,
      16,    50,    -1,    -1,    20,    21,    22,    23,    24,    25,
      26,     4,     5,     6,     7,    31,    -1,    -1,    11,    12,
      13,    14,    -1,    16,    -1,    -1,    42,    20,    21,    22,
      23,    24,    25,    26,    50,    -1,    -1,    -1,    31,    -1,
      -1,    34,    -1,     4,     5,     6,     7,    -1,    -1,    42,
      11,    12,    13,    14,    -1,    16,    -1,    50,    -1,    20,
      21,    22,    23,    24,    25,    26,    -1,    -1,    -1,    -1,
      31,    -1,    -1,    34,    -1,     4,     5,     6,     7,    -1,
      -1,    42,    11,    12,    13,    14,    -1,    16,    -1,    50,
      -1,    20,    21,    22,    23,    24,    25,    26,    -1,    -1,
      -1,    -1,    31,    -1,     1,    -1,     3,     4,    -1,    -1,
      -1,    -1,    -1,    42,    11,    12,    13,    14,    -1,    16,
      23,    50,    -1,    20,    21,    -1,    23,    24,    -1,    -1,
      -1,    -1,    -1,    -1,    37,    38,    -1,    40,    41,    36,
      43,    44,    45,    46,    47,    48,    49,    50,    51,    52,
      53,     3,     4,    -1,    -1,    -1,    -1,    -1,    -1,    11,
      12,    13,    14,    -1,    16,    -1,    -1,    -1,    20,    21,
      27,    23,    24,    -1,    -1,    -1,    -1,    -1,    30,    31,
      37,    38,    -1,    40,    41,    -1,    43,    44,    45,    46,
      47,    48,    49,    50,    51,    52,    53,    27,    -1,    -1,
      -1,    -1,    -1,    -1,    -1,    -1,    -1,    37,    38,    -1,
      40,    41,    -1,    43,    44,    45,    46,    47,    48,    49,
      50,    51,    52,    53,    28,    -1,    -1,    -1,    32,    -1,
      -1,    -1,    -1,    37,    38,    -1,    40,    41,    -1,    43,
      44,    45,    46,    47,    48,    49,    50,    51,    52,    53,
      28,    -1,    -1,    -1,    -1,    -1,    -1,    -1,    -1,    37,
      38,    -1,    40,    41,    -1,    43,    44,    45,    46,    47,
      48,    49,    50,    51,    52,    53,    34,    -1,    -1,    37,
      38,    -1,    40,    41,    -1,    43,    44,    45,    46,    47,
      48,    49,    50,    51,    52,    53,    35,    -1,    37,    38,
      -1,    40,    41,    -1,    43,    44,    45,    46,    47,    48,
      49,    50,    51,    52,    53,    37,    38,    39,    40,    41,
      -1,    43,    44,    45,    46,    47,    48,    49,    50,    51,
      52,    53,    37,    38,    -1,    40,    41,    -1,    43,    44,
      45,    46,    47,    48,    49,    50,    51,    52,    53,    38,
      -1,    40,    41,    -1,    43,    44,    45,    46,    47,    48,
      49,    50,    51,    52,    53,    41,    -1,    43,    44,    45,
      46,    47,    48,    49,    50,    51,    52,    53,    43,    44,
      45,    46,    47,    48,    49,    50,    51,    52,    53,    43,
      44,    45,    46,    47,    48,    49,    50,    51,    52,    53
};

/* YYSTOS[STATE-NUM] -- The symbol kind of the accessing symbol of
   state STATE-NUM.  */
static const yytype_int8 yystos[] =
{
       0,    57,    58,     0,     1,     3,     8,     9,    10,    59,
      35,     4,    11,    12,    13,    14,    16,    20,    21,    23,
      24,    60,    99,     1,    99,     1,    99,    64,    65,    29,
      35,    35,    35,    31,    36,     1,     3,    11,    12,    13,
      14,    15,    16,    17,    18,    20,    21,    30,    31,    66,
      67,    76,    78,    87,    89,    90,    99,     4,    64,    64,
      64,    61,    62,    63,    99,     3,    35,    99,    99,    99,
      99,    15,     5,     6,     7,    22,    25,    26,    31,    42,
      50,    95,    96,    99,    95,    35,    99,    99,    79,    80,
      81,    88,    99,     3,     3,    31,    90,    99,    27,    36,
      36,    36,    32,    28,    27,    68,    69,    39,    39,    27,
      33,    74,    99,    95,    95,    95,    95,    28,    37,    38,
      40,    41,    43,    44,    45,    46,    47,    48,    49,    50,
      51,    52,    53,    29,    31,    33,    35,    68,    35,    31,
      32,    28,    28,    32,    39,    88,    99,    27,    95,    35,
      63,    95,    36,     1,     3,    70,    99,    24,    33,    83,
      83,    95,    34,    94,    95,    27,    75,    74,    23,    97,
      28,    32,     5,    95,    95,    95,    95,    95,    95,    95,
      95,    95,    95,    95,    95,    95,    95,    95,     4,    91,
      92,    93,    95,    99,    95,    64,    36,    71,    72,    91,
      37,    81,    99,    99,    27,    83,    32,    95,    64,     3,
       3,    27,    33,    34,    94,    28,    34,    95,    75,    99,
      35,    94,    39,    32,    28,    27,    34,    36,    36,     1,
       3,    73,    99,    32,    31,    83,    95,    27,    36,    95,
      94,    34,    95,    98,    32,    95,    93,    95,    19,    77,
       3,     3,    27,    82,    83,    35,    95,    34,     3,    95,
      35,    76,     5,    28,    32,    84,    85,    45,    98,    64,
      83,    35,    36,     1,     3,    67,    86,    89,    95,    95,
      36,    36,    84,     3,     3,    95,    27,    36,    27,    95,
      95
};

/* YYR1[RULE-NUM] -- Symbol kind of the left-hand side of rule RULE-NUM.  */
static const yytype_int8 yyr1[] =
{
       0,    56,    57,    58,    58,    58,    59,    59,    59,    59,
      59,    59,    59,    60,    60,    61,    61,    61,    62,    62,
      63,    63,    64,    64,    64,    65,    65,    65,    65,    66,
      66,    66,    66,    66,    66,    66,    66,    66,    66,    66,
      66,    67,    67,    68,    68,    68,    69,    69,    69,    69,
      70,    71,    71,    71,    72,    72,    72,    72,    73,    74,
      74,    74,    75,    75,    76,    77,    77,    77,    78,    78,
      79,    79,    79,    80,    80,    81,    82,    82,    83,    83,
      83,    84,    84,    84,    85,    85,    85,    85,    86,    86,
      86,    86,    87,    87,    87,    87,    88,    88,    89,    89,
      89,    90,    90,    91,    91,    91,    92,    92,    93,    93,
      94,    94,    95,    95,    95,    95,    95,    95,    95,    95,
      95,    95,    95,    95,    95,    95,    95,    95,    95,    95,
      96,    96,    96,    96,    96,    96,    96,    96,    96,    96,
      96,    96,    97,    97,    98,    98,    99,    99,    99,    99,
      99,    99,    99,    99,    99,    99
};

/* YYR2[RULE-NUM] -- Number of symbols on the right-hand side of rule RULE-NUM.  */
static const yytype_int8 yyr2[] =
{
       0,     2,     1,     0,     2,     2,     2,     5,     8,     5,
       5,     4,     1,     1,     3,     0,     1,     2,     1,     3,
       1,     3,     1,     2,     2,     0,     2,     3,     3,     4,
       4,     4,     4,     4,     5,     1,     4,     5,     1,     1,
       1,     2,     4,     1,     2,     2,     0,     2,     3,     3,
       3,     1,     2,     2,     0,     2,     3,     3,     3,     0,
       2,     3,     0,     2,     6,     0,     4,     2,     8,    10,
       0,     1,     2,     1,     3,     3,     1,     3,     2,     3,
       6,     1,     2,     2,     0,     2,     3,     3,     1,     3,
       4,     1,     3,     5,     4,     6,     1,     3,     1,     2,
       2,     2,     5,     0,     1,     2,     1,     3,     1,     3,
       1,     3,     1,     3,     5,     3,     3,     2,     3,     3,
       3,     3,     3,     3,     3,     3,     3,     3,     3,     2,
       1,     1,     1,     1,     1,     1,     3,     5,     8,     4,
       4,     3,     0,     2,     0,     2,     1,     1,     1,     1,
       1,     1,     1,     1,     1,     1
};


enum { YYENOMEM = -2 };

#define yyerrok         (yyerrstatus = 0)
#define yyclearin       (yychar = TOK_ANET_YYEMPTY)

#define YYACCEPT        goto yyacceptlab
#define YYABORT         goto yyabortlab
#define YYERROR         goto yyerrorlab
#define YYNOMEM         goto yyexhaustedlab


#define YYRECOVERING()  (!!yyerrstatus)

#define YYBACKUP(Token, Value)                                    \
  do                                                              \
    if (yychar == TOK_ANET_YYEMPTY)                                        \
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
        yyerror (&yylloc, p, YY_("syntax error: cannot back up")); \
        YYERROR;                                                  \
      }                                                           \
  while (0)

/* Backward compatibility with an undocumented macro.
   Use TOK_ANET_YYerror or TOK_ANET_YYUNDEF. */
#define YYERRCODE TOK_ANET_YYUNDEF

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
#if ANET_YYDEBUG

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

#  elif defined ANET_YYLTYPE_IS_TRIVIAL && ANET_YYLTYPE_IS_TRIVIAL

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
                  Kind, Value, Location, p); \
      YYFPRINTF (stderr, "\n");                                           \
    }                                                                     \
} while (0)


/*-----------------------------------.
| Print this symbol's value on YYO.  |
`-----------------------------------*/

static void
yy_symbol_value_print (FILE *yyo,
                       yysymbol_kind_t yykind, YYSTYPE const * const yyvaluep, YYLTYPE const * const yylocationp, parser *p)
{
  FILE *yyoutput = yyo;
  YY_USE (yyoutput);
  YY_USE (yylocationp);
  YY_USE (p);
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
                 yysymbol_kind_t yykind, YYSTYPE const * const yyvaluep, YYLTYPE const * const yylocationp, parser *p)
{
  YYFPRINTF (yyo, "%s %s (",
             yykind < YYNTOKENS ? "token" : "nterm", yysymbol_name (yykind));

  YYLOCATION_PRINT (yyo, yylocationp);
  YYFPRINTF (yyo, ": ");
  yy_symbol_value_print (yyo, yykind, yyvaluep, yylocationp, p);
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
                 int yyrule, parser *p)
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
                       &(yylsp[(yyi + 1) - (yynrhs)]), p);
      YYFPRINTF (stderr, "\n");
    }
}

# define YY_REDUCE_PRINT(Rule)          \
do {                                    \
  if (yydebug)                          \
    yy_reduce_print (yyssp, yyvsp, yylsp, Rule, p); \
} while (0)

/* Nonzero means print parse trace.  It is left uninitialized so that
   multiple parsers can coexist.  */
int yydebug;
#else /* !ANET_YYDEBUG */
# define YYDPRINTF(Args) ((void) 0)
# define YY_SYMBOL_PRINT(Title, Kind, Value, Location)
# define YY_STACK_PRINT(Bottom, Top)
# define YY_REDUCE_PRINT(Rule)
#endif /* !ANET_YYDEBUG */


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
#if ANET_YYDEBUG
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
#if ANET_YYDEBUG
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
#if ANET_YYDEBUG
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
yyreport_syntax_error (const yypcontext_t *yyctx, parser *p);

/*-----------------------------------------------.
| Release the memory associated to this symbol.  |
`-----------------------------------------------*/

static void
yydestruct (const char *yymsg,
            yysymbol_kind_t yykind, YYSTYPE *yyvaluep, YYLTYPE *yylocationp, parser *p)
{
  YY_USE (yyvaluep);
  YY_USE (yylocationp);
  YY_USE (p);
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
yyparse (parser *p)
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
# if defined ANET_YYLTYPE_IS_TRIVIAL && ANET_YYLTYPE_IS_TRIVIAL
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

  yychar = TOK_ANET_YYEMPTY; /* Cause a token to be read.  */


/* User initialization code.  */
{ yylloc = (loc){p->file, 0, 0}; }


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
  if (yychar == TOK_ANET_YYEMPTY)
    {
      YYDPRINTF ((stderr, "Reading a token\n"));
      yychar = yylex (&yylval, &yylloc, p);
    }

  if (yychar <= TOK_END)
    {
      yychar = TOK_END;
      yytoken = YYSYMBOL_YYEOF;
      YYDPRINTF ((stderr, "Now at end of input.\n"));
    }
  else if (yychar == TOK_ANET_YYerror)
    {
      /* The scanner already issued an error message, process directly
         to error recovery.  But do not keep the error token as
         lookahead, it is too special and may lead us to an endless
         loop in error recovery. */
      yychar = TOK_ANET_YYUNDEF;
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
  yychar = TOK_ANET_YYEMPTY;
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
  case 2: /* file: declarations  */
                  { p->result = node(p, AST_FILE, (yylsp[0]), NULL, (yyvsp[0].tree), NONE, NONE).first; }
    break;

  case 3: /* declarations: %empty  */
                              { (yyval.tree) = NONE; }
    break;

  case 5: /* declarations: declarations declaration  */
                              { (yyval.tree) = append((yyvsp[-1].tree), (yyvsp[0].tree)); }
    break;

  case 6: /* declaration: "import" path  */
        { (yyval.tree) = node(p, AST_IMPORT, (yylsp[0]), (yyvsp[0].text), NONE, NONE, NONE); }
    break;

  case 7: /* declaration: "model" name "{" members "}"  */
        { (yyval.tree) = node(p, AST_MODEL, (yylsp[-3]), (yyvsp[-3].text), (yyvsp[-1].tree), NONE, NONE); }
    break;

  case 8: /* declaration: "layer" name "(" parameters ")" "{" members "}"  */
        { (yyval.tree) = node(p, AST_LAYER, (yylsp[-6]), (yyvsp[-6].text), (yyvsp[-4].tree), (yyvsp[-1].tree), NONE); }
    break;

  case 9: /* declaration: "model" error "{" members "}"  */
                                   { (yyval.tree) = damaged(p, (yylsp[-3])); }
    break;

  case 10: /* declaration: "layer" error "{" members "}"  */
                                   { (yyval.tree) = damaged(p, (yylsp[-3])); }
    break;

  case 11: /* declaration: error "{" members "}"  */
                                   { (yyval.tree) = damaged(p, (yylsp[-3])); }
    break;

  case 12: /* declaration: error  */
                                   { (yyval.tree) = damaged(p, (yylsp[0])); }
    break;

  case 14: /* path: path "." "name"  */
                   { (yyval.text) = import_path(p, (yyloc), (yyvsp[-2].text), (yyvsp[0].text)); }
    break;

  case 15: /* parameters: %empty  */
            { (yyval.tree) = NONE; }
    break;

  case 19: /* parameter_list: parameter_list "," parameter  */
                                  { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 20: /* parameter: name  */
                         { (yyval.tree) = node(p, AST_PARAMETER, (yylsp[0]), (yyvsp[0].text), NONE, NONE, NONE); }
    break;

  case 21: /* parameter: name "=" expression  */
                         { (yyval.tree) = node(p, AST_PARAMETER, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 23: /* members: members_ member  */
                     { (yyval.tree) = append((yyvsp[-1].tree), (yyvsp[0].tree)); }
    break;

  case 24: /* members: members_ error  */
                    { (yyval.tree) = append((yyvsp[-1].tree), damaged(p, (yylsp[0]))); }
    break;

  case 25: /* members_: %empty  */
                         { (yyval.tree) = NONE; }
    break;

  case 27: /* members_: members_ member "end of line"  */
                         { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[-1].tree)); }
    break;

  case 28: /* members_: members_ error "end of line"  */
                        { (yyval.tree) = append((yyvsp[-2].tree), damaged(p, (yylsp[-1]))); yyerrok; }
    break;

  case 29: /* member: "config" "{" lets "}"  */
                                 { (yyval.tree) = node(p, AST_CONFIG, (yylsp[-3]), NULL, (yyvsp[-1].tree), NONE, NONE); }
    break;

  case 30: /* member: "input" name ":" type  */
                                 { (yyval.tree) = node(p, AST_INPUT, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 31: /* member: "target" name ":" type  */
                                 { (yyval.tree) = node(p, AST_TARGET, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 32: /* member: "output" name "=" expression  */
                                 { (yyval.tree) = node(p, AST_OUTPUT, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 33: /* member: "param" name sizes initialiser  */
        { (yyval.tree) = node(p, AST_PARAM, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[-1].tree), (yyvsp[0].tree), NONE); }
    break;

  case 34: /* member: "frozen" "param" name sizes initialiser  */
        { (yyval.tree) = flagged(node(p, AST_PARAM, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[-1].tree), (yyvsp[0].tree), NONE), true); }
    break;

  case 36: /* member: "train" "{" lets "}"  */
                                 { (yyval.tree) = node(p, AST_TRAIN, (yylsp[-3]), NULL, (yyvsp[-1].tree), NONE, NONE); }
    break;

  case 37: /* member: "checkpoint" name "{" patterns "}"  */
        { (yyval.tree) = node(p, AST_CHECKPOINT, (yylsp[-3]), (yyvsp[-3].text), (yyvsp[-1].tree), NONE, NONE); }
    break;

  case 41: /* requirement: "require" expression  */
        { (yyval.tree) = node(p, AST_REQUIRE, (yylsp[0]), NULL, (yyvsp[0].tree), NONE, NONE); }
    break;

  case 42: /* requirement: "require" expression "," "string"  */
        { (yyval.tree) = node(p, AST_REQUIRE, (yylsp[-2]), NULL, (yyvsp[-2].tree), node(p, AST_STRING, (yylsp[0]), (yyvsp[0].text), NONE, NONE, NONE), NONE); }
    break;

  case 44: /* lets: lets_ let  */
               { (yyval.tree) = append((yyvsp[-1].tree), (yyvsp[0].tree)); }
    break;

  case 45: /* lets: lets_ error  */
                 { (yyval.tree) = append((yyvsp[-1].tree), damaged(p, (yylsp[0]))); }
    break;

  case 46: /* lets_: %empty  */
                   { (yyval.tree) = NONE; }
    break;

  case 48: /* lets_: lets_ let "end of line"  */
                   { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[-1].tree)); }
    break;

  case 49: /* lets_: lets_ error "end of line"  */
                     { (yyval.tree) = append((yyvsp[-2].tree), damaged(p, (yylsp[-1]))); yyerrok; }
    break;

  case 50: /* let: name "=" expression  */
                         { (yyval.tree) = node(p, AST_LET, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 52: /* patterns: patterns_ pattern  */
                       { (yyval.tree) = append((yyvsp[-1].tree), (yyvsp[0].tree)); }
    break;

  case 53: /* patterns: patterns_ error  */
                     { (yyval.tree) = append((yyvsp[-1].tree), damaged(p, (yylsp[0]))); }
    break;

  case 54: /* patterns_: %empty  */
                           { (yyval.tree) = NONE; }
    break;

  case 56: /* patterns_: patterns_ pattern "end of line"  */
                           { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[-1].tree)); }
    break;

  case 57: /* patterns_: patterns_ error "end of line"  */
                         { (yyval.tree) = append((yyvsp[-2].tree), damaged(p, (yylsp[-1]))); yyerrok; }
    break;

  case 58: /* pattern: name "=" "string"  */
        { (yyval.tree) = node(p, AST_LET, (yylsp[-2]), (yyvsp[-2].text), node(p, AST_STRING, (yylsp[0]), (yyvsp[0].text), NONE, NONE, NONE), NONE, NONE); }
    break;

  case 59: /* sizes: %empty  */
                         { (yyval.tree) = NONE; }
    break;

  case 60: /* sizes: "[" "]"  */
                         { (yyval.tree) = NONE; }
    break;

  case 61: /* sizes: "[" expressions "]"  */
                         { (yyval.tree) = (yyvsp[-1].tree); }
    break;

  case 62: /* initialiser: %empty  */
                    { (yyval.tree) = NONE; }
    break;

  case 63: /* initialiser: "=" expression  */
                    { (yyval.tree) = (yyvsp[0].tree); }
    break;

  case 64: /* if: "if" expression "{" members "}" else  */
                                          { (yyval.tree) = node(p, AST_IF, (yylsp[-5]), NULL, (yyvsp[-4].tree), (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 65: /* else: %empty  */
                            { (yyval.tree) = NONE; }
    break;

  case 66: /* else: "else" "{" members "}"  */
                            { (yyval.tree) = (yyvsp[-1].tree); }
    break;

  case 67: /* else: "else" if  */
                            { (yyval.tree) = (yyvsp[0].tree); }
    break;

  case 68: /* function: "(" arguments ")" "->" type "{" statements "}"  */
        { (yyval.tree) = function(p, span((yylsp[-7]), (yylsp[-3])), (yyvsp[-6].tree), (yyvsp[-3].tree), false, (yyvsp[-1].tree)); }
    break;

  case 69: /* function: "(" arguments ")" "->" "(" types ")" "{" statements "}"  */
        { (yyval.tree) = function(p, span((yylsp[-9]), (yylsp[-3])), (yyvsp[-8].tree), (yyvsp[-4].tree), true, (yyvsp[-1].tree)); }
    break;

  case 70: /* arguments: %empty  */
            { (yyval.tree) = NONE; }
    break;

  case 74: /* argument_list: argument_list "," argument  */
                                { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 75: /* argument: name ":" type  */
                   { (yyval.tree) = node(p, AST_ARGUMENT, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 77: /* types: types "," type  */
                    { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 78: /* type: "[" "]"  */
                         { (yyval.tree) = node(p, AST_TENSOR_TYPE, (yyloc), NULL, NONE, NONE, NONE); }
    break;

  case 79: /* type: "[" expressions "]"  */
                         { (yyval.tree) = node(p, AST_TENSOR_TYPE, (yyloc), NULL, (yyvsp[-1].tree), NONE, NONE); }
    break;

  case 80: /* type: "token" "[" expressions "]" "<" expression  */
        { (yyval.tree) = node(p, AST_TOKEN_TYPE, (yyloc), NULL, (yyvsp[-3].tree), (yyvsp[0].tree), NONE); }
    break;

  case 82: /* statements: statements_ statement  */
                           { (yyval.tree) = append((yyvsp[-1].tree), (yyvsp[0].tree)); }
    break;

  case 83: /* statements: statements_ error  */
                       { (yyval.tree) = append((yyvsp[-1].tree), damaged(p, (yylsp[0]))); }
    break;

  case 84: /* statements_: %empty  */
                               { (yyval.tree) = NONE; }
    break;

  case 86: /* statements_: statements_ statement "end of line"  */
                               { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[-1].tree)); }
    break;

  case 87: /* statements_: statements_ error "end of line"  */
                           { (yyval.tree) = append((yyvsp[-2].tree), damaged(p, (yylsp[-1]))); yyerrok; }
    break;

  case 88: /* statement: expression  */
                { (yyval.tree) = node(p, AST_RESULT, (yylsp[0]), NULL, (yyvsp[0].tree), NONE, NONE); }
    break;

  case 89: /* statement: expression "=" expression  */
        { (yyval.tree) = binding(p, (yylsp[-2]), (yyvsp[-2].tree), (yyvsp[0].tree), NONE); }
    break;

  case 90: /* statement: annotations expression "=" expression  */
        { (yyval.tree) = binding(p, (yylsp[-2]), (yyvsp[-2].tree), (yyvsp[0].tree), (yyvsp[-3].tree)); }
    break;

  case 92: /* binding: name "=" expression  */
        { (yyval.tree) = node(p, AST_LET, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 93: /* binding: "(" names ")" "=" expression  */
        { (yyval.tree) = node(p, AST_UNPACK, span((yylsp[-4]), (yylsp[-2])), NULL, (yyvsp[-3].tree), (yyvsp[0].tree), NONE); }
    break;

  case 94: /* binding: annotations name "=" expression  */
        { (yyval.tree) = node(p, AST_LET, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), (yyvsp[-3].tree), NONE); }
    break;

  case 95: /* binding: annotations "(" names ")" "=" expression  */
        { (yyval.tree) = node(p, AST_UNPACK, span((yylsp[-4]), (yylsp[-2])), NULL, (yyvsp[-3].tree), (yyvsp[0].tree), (yyvsp[-5].tree)); }
    break;

  case 96: /* names: name  */
                    { (yyval.tree) = node(p, AST_NAME, (yylsp[0]), (yyvsp[0].text), NONE, NONE, NONE); }
    break;

  case 97: /* names: names "," name  */
                    { (yyval.tree) = append((yyvsp[-2].tree), node(p, AST_NAME, (yylsp[0]), (yyvsp[0].text), NONE, NONE, NONE)); }
    break;

  case 99: /* annotations: annotations annotation  */
                            { (yyval.tree) = append((yyvsp[-1].tree), (yyvsp[0].tree)); }
    break;

  case 101: /* annotation: "@" name  */
        { (yyval.tree) = node(p, AST_ANNOTATION, (yyloc), (yyvsp[0].text), NONE, NONE, NONE); }
    break;

  case 102: /* annotation: "@" name "(" call_arguments ")"  */
        { (yyval.tree) = node(p, AST_ANNOTATION, (yyloc), (yyvsp[-3].text), (yyvsp[-1].tree), NONE, NONE); }
    break;

  case 103: /* call_arguments: %empty  */
            { (yyval.tree) = NONE; }
    break;

  case 107: /* call_argument_list: call_argument_list "," call_argument  */
                                          { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 108: /* call_argument: expression  */
                         { (yyval.tree) = node(p, AST_ARG, (yylsp[0]), NULL, (yyvsp[0].tree), NONE, NONE); }
    break;

  case 109: /* call_argument: name "=" expression  */
                         { (yyval.tree) = node(p, AST_ARG, (yylsp[-2]), (yyvsp[-2].text), (yyvsp[0].tree), NONE, NONE); }
    break;

  case 111: /* expressions: expressions "," expression  */
                                { (yyval.tree) = append((yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 113: /* expression: expression "->" expression  */
                                { (yyval.tree) = node(p, AST_PIPE, (yyloc), NULL, (yyvsp[-2].tree), (yyvsp[0].tree), NONE); }
    break;

  case 114: /* expression: expression "?" expression ":" expression  */
        { (yyval.tree) = node(p, AST_COND, (yyloc), NULL, (yyvsp[-4].tree), (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 115: /* expression: expression "or" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "or", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 116: /* expression: expression "and" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "and", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 117: /* expression: "not" expression  */
                                 { (yyval.tree) = node(p, AST_UNARY, (yyloc), "not", (yyvsp[0].tree), NONE, NONE); }
    break;

  case 118: /* expression: expression "==" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "==", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 119: /* expression: expression "!=" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "!=", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 120: /* expression: expression "<" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "<", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 121: /* expression: expression "<=" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "<=", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 122: /* expression: expression ">" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), ">", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 123: /* expression: expression ">=" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), ">=", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 124: /* expression: expression "+" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "+", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 125: /* expression: expression "-" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "-", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 126: /* expression: expression "*" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "*", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 127: /* expression: expression "/" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "/", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 128: /* expression: expression "%" expression  */
                                 { (yyval.tree) = binary(p, (yyloc), "%", (yyvsp[-2].tree), (yyvsp[0].tree)); }
    break;

  case 129: /* expression: "-" expression  */
                                 { (yyval.tree) = node(p, AST_UNARY, (yyloc), "-", (yyvsp[0].tree), NONE, NONE); }
    break;

  case 130: /* operand: "integer"  */
        { (yyval.tree) = node(p, AST_INTEGER, (yyloc), NULL, NONE, NONE, NONE); (yyval.tree).first->integer = (yyvsp[0].integer); }
    break;

  case 131: /* operand: "real number"  */
        { (yyval.tree) = node(p, AST_REAL, (yyloc), NULL, NONE, NONE, NONE); (yyval.tree).first->number = (yyvsp[0].number); }
    break;

  case 132: /* operand: "string"  */
             { (yyval.tree) = node(p, AST_STRING, (yyloc), (yyvsp[0].text), NONE, NONE, NONE); }
    break;

  case 133: /* operand: "true"  */
             { (yyval.tree) = flagged(node(p, AST_BOOLEAN, (yyloc), NULL, NONE, NONE, NONE), true); }
    break;

  case 134: /* operand: "false"  */
             { (yyval.tree) = node(p, AST_BOOLEAN, (yyloc), NULL, NONE, NONE, NONE); }
    break;

  case 135: /* operand: name  */
             { (yyval.tree) = node(p, AST_NAME, (yyloc), (yyvsp[0].text), NONE, NONE, NONE); }
    break;

  case 136: /* operand: "(" expression ")"  */
                        { (yyval.tree) = (yyvsp[-1].tree); }
    break;

  case 137: /* operand: "(" expression "," expressions ")"  */
        { (yyval.tree) = node(p, AST_TUPLE, (yyloc), NULL, append((yyvsp[-3].tree), (yyvsp[-1].tree)), NONE, NONE); }
    break;

  case 138: /* operand: "repeat" expression index "{" separators expression separators "}"  */
        { (yyval.tree) = node(p, AST_REPEAT, (yylsp[-7]), (yyvsp[-5].text), (yyvsp[-6].tree), (yyvsp[-2].tree), NONE); }
    break;

  case 139: /* operand: operand "(" call_arguments ")"  */
        { (yyval.tree) = node(p, AST_CALL, (yyloc), NULL, (yyvsp[-3].tree), (yyvsp[-1].tree), NONE); }
    break;

  case 140: /* operand: operand "[" expression "]"  */
        { (yyval.tree) = node(p, AST_INDEX, (yyloc), NULL, (yyvsp[-3].tree), (yyvsp[-1].tree), NONE); }
    break;

  case 141: /* operand: operand "." "name"  */
        { (yyval.tree) = node(p, AST_MEMBER, (yyloc), (yyvsp[0].text), (yyvsp[-2].tree), NONE, NONE); }
    break;

  case 142: /* index: %empty  */
               { (yyval.text) = NULL; }
    break;

  case 143: /* index: "as" name  */
               { (yyval.text) = (yyvsp[0].text); }
    break;

  case 147: /* name: "config"  */
                  { (yyval.text) = "config"; }
    break;

  case 148: /* name: "input"  */
                  { (yyval.text) = "input"; }
    break;

  case 149: /* name: "target"  */
                  { (yyval.text) = "target"; }
    break;

  case 150: /* name: "output"  */
                  { (yyval.text) = "output"; }
    break;

  case 151: /* name: "frozen"  */
                  { (yyval.text) = "frozen"; }
    break;

  case 152: /* name: "train"  */
                  { (yyval.text) = "train"; }
    break;

  case 153: /* name: "checkpoint"  */
                  { (yyval.text) = "checkpoint"; }
    break;

  case 154: /* name: "token"  */
                  { (yyval.text) = "token"; }
    break;

  case 155: /* name: "as"  */
                  { (yyval.text) = "as"; }
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
  yytoken = yychar == TOK_ANET_YYEMPTY ? YYSYMBOL_YYEMPTY : YYTRANSLATE (yychar);
  /* If not already recovering from an error, report this error.  */
  if (!yyerrstatus)
    {
      ++yynerrs;
      {
        yypcontext_t yyctx
          = {yyssp, yyesa, &yyes, &yyes_capacity, yytoken, &yylloc};
        if (yychar != TOK_ANET_YYEMPTY)
          YY_LAC_ESTABLISH;
        if (yyreport_syntax_error (&yyctx, p) == 2)
          YYNOMEM;
      }
    }

  yyerror_range[1] = yylloc;
  if (yyerrstatus == 3)
    {
      /* If just tried and failed to reuse lookahead token after an
         error, discard it.  */

      if (yychar <= TOK_END)
        {
          /* Return failure if at end of input.  */
          if (yychar == TOK_END)
            YYABORT;
        }
      else
        {
          yydestruct ("Error: discarding",
                      yytoken, &yylval, &yylloc, p);
          yychar = TOK_ANET_YYEMPTY;
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
                  YY_ACCESSING_SYMBOL (yystate), yyvsp, yylsp, p);
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
  yyerror (&yylloc, p, YY_("memory exhausted"));
  yyresult = 2;
  goto yyreturnlab;


/*----------------------------------------------------------.
| yyreturnlab -- parsing is finished, clean up and return.  |
`----------------------------------------------------------*/
yyreturnlab:
  if (yychar != TOK_ANET_YYEMPTY)
    {
      /* Make sure we have latest lookahead translation.  See comments at
         user semantic actions for why this is necessary.  */
      yytoken = YYTRANSLATE (yychar);
      yydestruct ("Cleanup: discarding lookahead",
                  yytoken, &yylval, &yylloc, p);
    }
  /* Do not reclaim the symbols of the rule whose action triggered
     this YYABORT or YYACCEPT.  */
  YYPOPSTACK (yylen);
  YY_STACK_PRINT (yyss, yyssp);
  while (yyssp != yyss)
    {
      yydestruct ("Cleanup: popping",
                  YY_ACCESSING_SYMBOL (+*yyssp), yyvsp, yylsp, p);
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



static int anet_yylex(ANET_YYSTYPE *value, loc *at, parser *p) {
    token t = next_token(p);
    *at = t.at;
    switch (t.kind) {
    case TOK_NAME:
    case TOK_STRING:
        value->text = t.as.text;
        break;
    case TOK_INTEGER:
        value->integer = t.as.integer;
        break;
    case TOK_REAL:
        value->number = t.as.number;
        break;
    default:
        break;
    }
    return t.kind;
}

static int yyreport_syntax_error(const yypcontext_t *context, parser *p) {
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *names[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    for (int i = 0; i < n; i++) {
        names[i] = yysymbol_name(kinds[i]);
    }
    syntax_error(p, names, n < 0 ? 0 : n);
    return 0;
}

/* Only when the parser's stack is full. */
static void anet_yyerror(const loc *at, parser *p, const char *message) {
    (void)message;
    too_deep(p, *at);
}

const char *anet_token_name(int kind) {
    return yysymbol_name(YYTRANSLATE(kind));
}
