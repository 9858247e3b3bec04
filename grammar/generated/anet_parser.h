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

#ifndef YY_ANET_YY_GENERATED_ANET_PARSER_H_INCLUDED
# define YY_ANET_YY_GENERATED_ANET_PARSER_H_INCLUDED
/* Debug traces.  */
#ifndef ANET_YYDEBUG
# if defined YYDEBUG
#if YYDEBUG
#   define ANET_YYDEBUG 1
#  else
#   define ANET_YYDEBUG 0
#  endif
# else /* ! defined YYDEBUG */
#  define ANET_YYDEBUG 0
# endif /* ! defined YYDEBUG */
#endif  /* ! defined ANET_YYDEBUG */
#if ANET_YYDEBUG
extern int anet_yydebug;
#endif
/* "%code requires" blocks.  */

#include "parse.h"


/* Token kinds.  */
#ifndef ANET_YYTOKENTYPE
# define ANET_YYTOKENTYPE
  enum anet_yytokentype
  {
    TOK_ANET_YYEMPTY = -2,
    TOK_END = 0,                   /* "end of file"  */
    TOK_ANET_YYerror = 256,        /* error  */
    TOK_ANET_YYUNDEF = 257,        /* "invalid token"  */
    TOK_SEP = 258,                 /* "end of line"  */
    TOK_NAME = 259,                /* "name"  */
    TOK_STRING = 260,              /* "string"  */
    TOK_INTEGER = 261,             /* "integer"  */
    TOK_REAL = 262,                /* "real number"  */
    TOK_IMPORT = 263,              /* "import"  */
    TOK_MODEL = 264,               /* "model"  */
    TOK_LAYER = 265,               /* "layer"  */
    TOK_CONFIG = 266,              /* "config"  */
    TOK_INPUT = 267,               /* "input"  */
    TOK_TARGET = 268,              /* "target"  */
    TOK_OUTPUT = 269,              /* "output"  */
    TOK_PARAM = 270,               /* "param"  */
    TOK_FROZEN = 271,              /* "frozen"  */
    TOK_REQUIRE = 272,             /* "require"  */
    TOK_IF = 273,                  /* "if"  */
    TOK_ELSE = 274,                /* "else"  */
    TOK_TRAIN = 275,               /* "train"  */
    TOK_CHECKPOINT = 276,          /* "checkpoint"  */
    TOK_REPEAT = 277,              /* "repeat"  */
    TOK_AS = 278,                  /* "as"  */
    TOK_TOKEN = 279,               /* "token"  */
    TOK_TRUE = 280,                /* "true"  */
    TOK_FALSE = 281,               /* "false"  */
    TOK_ASSIGN = 282,              /* "="  */
    TOK_COMMA = 283,               /* ","  */
    TOK_DOT = 284,                 /* "."  */
    TOK_AT = 285,                  /* "@"  */
    TOK_LPAREN = 286,              /* "("  */
    TOK_RPAREN = 287,              /* ")"  */
    TOK_LBRACKET = 288,            /* "["  */
    TOK_RBRACKET = 289,            /* "]"  */
    TOK_LBRACE = 290,              /* "{"  */
    TOK_RBRACE = 291,              /* "}"  */
    TOK_ARROW = 292,               /* "->"  */
    TOK_QUESTION = 293,            /* "?"  */
    TOK_COLON = 294,               /* ":"  */
    TOK_OR = 295,                  /* "or"  */
    TOK_AND = 296,                 /* "and"  */
    TOK_NOT = 297,                 /* "not"  */
    TOK_EQ = 298,                  /* "=="  */
    TOK_NE = 299,                  /* "!="  */
    TOK_LT = 300,                  /* "<"  */
    TOK_LE = 301,                  /* "<="  */
    TOK_GT = 302,                  /* ">"  */
    TOK_GE = 303,                  /* ">="  */
    TOK_PLUS = 304,                /* "+"  */
    TOK_MINUS = 305,               /* "-"  */
    TOK_STAR = 306,                /* "*"  */
    TOK_SLASH = 307,               /* "/"  */
    TOK_PERCENT = 308,             /* "%"  */
    TOK_NEGATE = 309,              /* NEGATE  */
    TOK_ANNOTATION = 310           /* ANNOTATION  */
  };
  typedef enum anet_yytokentype anet_yytoken_kind_t;
#endif

/* Value type.  */
#if ! defined ANET_YYSTYPE && ! defined ANET_YYSTYPE_IS_DECLARED
union ANET_YYSTYPE
{

    const char *text;
    int64_t integer;
    double number;
    tree tree;


};
typedef union ANET_YYSTYPE ANET_YYSTYPE;
# define ANET_YYSTYPE_IS_TRIVIAL 1
# define ANET_YYSTYPE_IS_DECLARED 1
#endif

/* Location type.  */
typedef loc ANET_YYLTYPE;




int anet_yyparse (parser *p);


#endif /* !YY_ANET_YY_GENERATED_ANET_PARSER_H_INCLUDED  */
