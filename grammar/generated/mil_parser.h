/* A Bison parser, made by GNU Bison 3.8.2.  */

/* Bison interface for Yacc-like parsers in C

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

/* DO NOT RELY ON FEATURES THAT ARE NOT DOCUMENTED in the manual,
   especially those whose name start with YY_ or yy_.  They are
   private implementation details that can be changed or removed.  */

#ifndef YY_MIL_YY_GENERATED_MIL_PARSER_H_INCLUDED
# define YY_MIL_YY_GENERATED_MIL_PARSER_H_INCLUDED
/* Debug traces.  */
#ifndef MIL_YYDEBUG
# if defined YYDEBUG
#if YYDEBUG
#   define MIL_YYDEBUG 1
#  else
#   define MIL_YYDEBUG 0
#  endif
# else /* ! defined YYDEBUG */
#  define MIL_YYDEBUG 0
# endif /* ! defined YYDEBUG */
#endif  /* ! defined MIL_YYDEBUG */
#if MIL_YYDEBUG
extern int mil_yydebug;
#endif
/* "%code requires" blocks.  */

#include "mil/reader.h"


/* Token kinds.  */
#ifndef MIL_YYTOKENTYPE
# define MIL_YYTOKENTYPE
  enum mil_yytokentype
  {
    T_MIL_YYEMPTY = -2,
    T_END = 0,                     /* "the end of the text"  */
    T_MIL_YYerror = 256,           /* error  */
    T_MIL_YYUNDEF = 257,           /* "invalid token"  */
    T_PROGRAM = 258,               /* "program"  */
    T_FUNC = 259,                  /* "func"  */
    T_ARROW = 260,                 /* "->"  */
    T_TENSOR = 261,                /* "tensor"  */
    T_LIST = 262,                  /* "list"  */
    T_TUPLE = 263,                 /* "tuple"  */
    T_DICT = 264,                  /* "dict"  */
    T_STATE = 265,                 /* "state"  */
    T_BUFFER = 266,                /* "tensor_buffer"  */
    T_BLOBFILE = 267,              /* "BLOBFILE"  */
    T_NUMBER = 268,                /* NUMBER  */
    T_STRING = 269,                /* STRING  */
    T_TRUE = 270,                  /* "true"  */
    T_FALSE = 271,                 /* "false"  */
    T_LPAREN = 272,                /* "("  */
    T_RPAREN = 273,                /* ")"  */
    T_LBRACKET = 274,              /* "["  */
    T_RBRACKET = 275,              /* "]"  */
    T_LBRACE = 276,                /* "{"  */
    T_RBRACE = 277,                /* "}"  */
    T_LESS = 278,                  /* "<"  */
    T_GREATER = 279,               /* ">"  */
    T_COMMA = 280,                 /* ","  */
    T_EQUALS = 281,                /* "="  */
    T_SEMICOLON = 282,             /* ";"  */
    T_ANY = 283,                   /* "?"  */
    T_NAME = 284,                  /* NAME  */
    T_DTYPE = 285                  /* DTYPE  */
  };
  typedef enum mil_yytokentype mil_yytoken_kind_t;
#endif

/* Value type.  */
#if ! defined MIL_YYSTYPE && ! defined MIL_YYSTYPE_IS_DECLARED
union MIL_YYSTYPE
{

    const unsigned char *place; /* of a literal's token in the text */
    char *name;
    mil_dtype dtype;
    int64_t dim;
    size_t height; /* of a stack of the reader, below the first element */
    mil_list list;
    mil_mark mark;
    mil_type type;
    mil_value value;
    mil_arg arg;
    mil_op op;
    mil_block block;
    mil_func func;


};
typedef union MIL_YYSTYPE MIL_YYSTYPE;
# define MIL_YYSTYPE_IS_TRIVIAL 1
# define MIL_YYSTYPE_IS_DECLARED 1
#endif

/* Location type.  */
typedef mil_loc MIL_YYLTYPE;




int mil_yyparse (mil_reader *r);

/* "%code provides" blocks.  */

int mil_yylex(MIL_YYSTYPE *value, mil_loc *loc, mil_reader *r);


#endif /* !YY_MIL_YY_GENERATED_MIL_PARSER_H_INCLUDED  */
