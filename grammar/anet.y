/* anet.y: the grammar of the language. It builds the tree (compiler/ast.h) and knows no meaning.
 *
 * A SEP is `;` or the end of a line that ends a statement (rules in compiler/next_token.c). Words such as
 * `input` or `config` are names wherever the grammar leaves no doubt (rule `name`).
 *
 * Recovery: after a syntax error next_token skips to the next SEP or `}` of the block, so that `error`
 * stands for one whole definition or statement; before a layer's or model's `{` its body is still read. */

%code requires {
#include "parse.h"
}

%code {
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
}

%define api.pure full
%define api.prefix {anet_yy}
%define api.token.prefix {TOK_}
%define api.location.type {loc}
%define parse.error custom
%define parse.lac full
%param {parser *p}
%initial-action { @$ = (loc){p->file, 0, 0}; }
%expect 0

%union {
    const char *text;
    int64_t integer;
    double number;
    tree tree;
}

%token END 0 "end of file"
%token SEP "end of line"
%token <text> NAME "name" STRING "string"
%token <integer> INTEGER "integer"
%token <number> REAL "real number"
%token IMPORT "import" MODEL "model" LAYER "layer" CONFIG "config" INPUT "input" TARGET "target"
       OUTPUT "output" PARAM "param" FROZEN "frozen" REQUIRE "require" IF "if" ELSE "else" TRAIN "train"
       CHECKPOINT "checkpoint" REPEAT "repeat" AS "as" TOKEN "token" TRUE "true" FALSE "false"
%token ASSIGN "=" COMMA "," DOT "." AT "@" LPAREN "(" RPAREN ")" LBRACKET "[" RBRACKET "]" LBRACE "{"
       RBRACE "}" ARROW "->" QUESTION "?" COLON ":" OR "or" AND "and" NOT "not" EQ "==" NE "!=" LT "<"
       LE "<=" GT ">" GE ">=" PLUS "+" MINUS "-" STAR "*" SLASH "/" PERCENT "%"

/* Operators, loosest first. */
%left "->"
%right "?" ":"
%left "or"
%left "and"
%precedence "not"
%nonassoc "==" "!=" "<" "<=" ">" ">="
%left "+" "-"
%left "*" "/" "%"
%precedence NEGATE
/* `(` touching the name of an annotation opens its arguments; else next_token puts a SEP between. */
%precedence ANNOTATION
%precedence "("

%type <text> name path index
%type <tree> declarations declaration parameters parameter_list parameter members members_ member
%type <tree> requirement lets lets_ let patterns patterns_ pattern sizes initialiser if else function arguments
%type <tree> argument_list argument types type statements statements_ statement binding names
%type <tree> annotations annotation call_arguments call_argument_list call_argument expressions expression
%type <tree> operand

%%

file:
    declarations  { p->result = node(p, AST_FILE, @1, NULL, $1, NONE, NONE).first; }
;

declarations:
    %empty                    { $$ = NONE; }
|   declarations SEP
|   declarations declaration  { $$ = append($1, $2); }
;

declaration:
    "import" path
        { $$ = node(p, AST_IMPORT, @2, $2, NONE, NONE, NONE); }
|   "model" name "{" members "}"
        { $$ = node(p, AST_MODEL, @2, $2, $4, NONE, NONE); }
|   "layer" name "(" parameters ")" "{" members "}"
        { $$ = node(p, AST_LAYER, @2, $2, $4, $7, NONE); }
|   "model" error "{" members "}"  { $$ = damaged(p, @2); }
|   "layer" error "{" members "}"  { $$ = damaged(p, @2); }
|   error "{" members "}"          { $$ = damaged(p, @1); }
|   error                          { $$ = damaged(p, @1); }
;

path:
    name
|   path "." NAME  { $$ = import_path(p, @$, $1, $3); }
;

parameters:
    %empty  { $$ = NONE; }
|   parameter_list
|   parameter_list ","
;

parameter_list:
    parameter
|   parameter_list "," parameter  { $$ = append($1, $3); }
;

parameter:
    name                 { $$ = node(p, AST_PARAMETER, @1, $1, NONE, NONE, NONE); }
|   name "=" expression  { $$ = node(p, AST_PARAMETER, @1, $1, $3, NONE, NONE); }
;

/* What a model or a layer holds; parse.c says which of the two may hold what. */
members:
    members_
|   members_ member  { $$ = append($1, $2); }
|   members_ error  { $$ = append($1, damaged(p, @2)); }
;

members_:
    %empty               { $$ = NONE; }
|   members_ SEP
|   members_ member SEP  { $$ = append($1, $2); }
|   members_ error SEP  { $$ = append($1, damaged(p, @2)); yyerrok; }
;

member:
    "config" "{" lets "}"        { $$ = node(p, AST_CONFIG, @1, NULL, $3, NONE, NONE); }
|   "input" name ":" type        { $$ = node(p, AST_INPUT, @2, $2, $4, NONE, NONE); }
|   "target" name ":" type       { $$ = node(p, AST_TARGET, @2, $2, $4, NONE, NONE); }
|   "output" name "=" expression { $$ = node(p, AST_OUTPUT, @2, $2, $4, NONE, NONE); }
|   "param" name sizes initialiser
        { $$ = node(p, AST_PARAM, @2, $2, $3, $4, NONE); }
|   "frozen" "param" name sizes initialiser
        { $$ = flagged(node(p, AST_PARAM, @3, $3, $4, $5, NONE), true); }
|   requirement
|   "train" "{" lets "}"         { $$ = node(p, AST_TRAIN, @1, NULL, $3, NONE, NONE); }
|   "checkpoint" name "{" patterns "}"
        { $$ = node(p, AST_CHECKPOINT, @2, $2, $4, NONE, NONE); }
|   if
|   function
|   binding
;

requirement:
    "require" expression
        { $$ = node(p, AST_REQUIRE, @2, NULL, $2, NONE, NONE); }
|   "require" expression "," STRING
        { $$ = node(p, AST_REQUIRE, @2, NULL, $2, node(p, AST_STRING, @4, $4, NONE, NONE, NONE), NONE); }
;

lets:
    lets_
|   lets_ let  { $$ = append($1, $2); }
|   lets_ error  { $$ = append($1, damaged(p, @2)); }
;

lets_:
    %empty         { $$ = NONE; }
|   lets_ SEP
|   lets_ let SEP  { $$ = append($1, $2); }
|   lets_ error SEP  { $$ = append($1, damaged(p, @2)); yyerrok; }
;

let:
    name "=" expression  { $$ = node(p, AST_LET, @1, $1, $3, NONE, NONE); }
;

patterns:
    patterns_
|   patterns_ pattern  { $$ = append($1, $2); }
|   patterns_ error  { $$ = append($1, damaged(p, @2)); }
;

patterns_:
    %empty                 { $$ = NONE; }
|   patterns_ SEP
|   patterns_ pattern SEP  { $$ = append($1, $2); }
|   patterns_ error SEP  { $$ = append($1, damaged(p, @2)); yyerrok; }
;

pattern:
    name "=" STRING
        { $$ = node(p, AST_LET, @1, $1, node(p, AST_STRING, @3, $3, NONE, NONE, NONE), NONE, NONE); }
;

sizes:
    %empty               { $$ = NONE; }
|   "[" "]"              { $$ = NONE; }
|   "[" expressions "]"  { $$ = $2; }
;

initialiser:
    %empty          { $$ = NONE; }
|   "=" expression  { $$ = $2; }
;

if:
    "if" expression "{" members "}" else  { $$ = node(p, AST_IF, @1, NULL, $2, $4, $6); }
;

else:
    %empty                  { $$ = NONE; }
|   "else" "{" members "}"  { $$ = $3; }
|   "else" if               { $$ = $2; }
;

function:
    "(" arguments ")" "->" type "{" statements "}"
        { $$ = function(p, span(@1, @5), $2, $5, false, $7); }
|   "(" arguments ")" "->" "(" types ")" "{" statements "}"
        { $$ = function(p, span(@1, @7), $2, $6, true, $9); }
;

arguments:
    %empty  { $$ = NONE; }
|   argument_list
|   argument_list ","
;

argument_list:
    argument
|   argument_list "," argument  { $$ = append($1, $3); }
;

argument:
    name ":" type  { $$ = node(p, AST_ARGUMENT, @1, $1, $3, NONE, NONE); }
;

types:
    type
|   types "," type  { $$ = append($1, $3); }
;

type:
    "[" "]"              { $$ = node(p, AST_TENSOR_TYPE, @$, NULL, NONE, NONE, NONE); }
|   "[" expressions "]"  { $$ = node(p, AST_TENSOR_TYPE, @$, NULL, $2, NONE, NONE); }
|   "token" "[" expressions "]" "<" expression
        { $$ = node(p, AST_TOKEN_TYPE, @$, NULL, $3, $6, NONE); }
;

statements:
    statements_
|   statements_ statement  { $$ = append($1, $2); }
|   statements_ error  { $$ = append($1, damaged(p, @2)); }
;

statements_:
    %empty                     { $$ = NONE; }
|   statements_ SEP
|   statements_ statement SEP  { $$ = append($1, $2); }
|   statements_ error SEP  { $$ = append($1, damaged(p, @2)); yyerrok; }
;

/* `(a, b)` may be a tuple or the left side of an unpacking: binding() in parse.c looks. */
statement:
    expression  { $$ = node(p, AST_RESULT, @1, NULL, $1, NONE, NONE); }
|   expression "=" expression
        { $$ = binding(p, @1, $1, $3, NONE); }
|   annotations expression "=" expression
        { $$ = binding(p, @2, $2, $4, $1); }
|   requirement
;

binding:
    name "=" expression
        { $$ = node(p, AST_LET, @1, $1, $3, NONE, NONE); }
|   "(" names ")" "=" expression
        { $$ = node(p, AST_UNPACK, span(@1, @3), NULL, $2, $5, NONE); }
|   annotations name "=" expression
        { $$ = node(p, AST_LET, @2, $2, $4, $1, NONE); }
|   annotations "(" names ")" "=" expression
        { $$ = node(p, AST_UNPACK, span(@2, @4), NULL, $3, $6, $1); }
;

names:
    name            { $$ = node(p, AST_NAME, @1, $1, NONE, NONE, NONE); }
|   names "," name  { $$ = append($1, node(p, AST_NAME, @3, $3, NONE, NONE, NONE)); }
;

annotations:
    annotation
|   annotations annotation  { $$ = append($1, $2); }
|   annotations SEP
;

annotation:
    "@" name  %prec ANNOTATION
        { $$ = node(p, AST_ANNOTATION, @$, $2, NONE, NONE, NONE); }
|   "@" name "(" call_arguments ")"
        { $$ = node(p, AST_ANNOTATION, @$, $2, $4, NONE, NONE); }
;

call_arguments:
    %empty  { $$ = NONE; }
|   call_argument_list
|   call_argument_list ","
;

call_argument_list:
    call_argument
|   call_argument_list "," call_argument  { $$ = append($1, $3); }
;

call_argument:
    expression           { $$ = node(p, AST_ARG, @1, NULL, $1, NONE, NONE); }
|   name "=" expression  { $$ = node(p, AST_ARG, @1, $1, $3, NONE, NONE); }
;

expressions:
    expression
|   expressions "," expression  { $$ = append($1, $3); }
;

expression:
    operand
|   expression "->" expression  { $$ = node(p, AST_PIPE, @$, NULL, $1, $3, NONE); }
|   expression "?" expression ":" expression
        { $$ = node(p, AST_COND, @$, NULL, $1, $3, $5); }
|   expression "or" expression   { $$ = binary(p, @$, "or", $1, $3); }
|   expression "and" expression  { $$ = binary(p, @$, "and", $1, $3); }
|   "not" expression             { $$ = node(p, AST_UNARY, @$, "not", $2, NONE, NONE); }
|   expression "==" expression   { $$ = binary(p, @$, "==", $1, $3); }
|   expression "!=" expression   { $$ = binary(p, @$, "!=", $1, $3); }
|   expression "<" expression    { $$ = binary(p, @$, "<", $1, $3); }
|   expression "<=" expression   { $$ = binary(p, @$, "<=", $1, $3); }
|   expression ">" expression    { $$ = binary(p, @$, ">", $1, $3); }
|   expression ">=" expression   { $$ = binary(p, @$, ">=", $1, $3); }
|   expression "+" expression    { $$ = binary(p, @$, "+", $1, $3); }
|   expression "-" expression    { $$ = binary(p, @$, "-", $1, $3); }
|   expression "*" expression    { $$ = binary(p, @$, "*", $1, $3); }
|   expression "/" expression    { $$ = binary(p, @$, "/", $1, $3); }
|   expression "%" expression    { $$ = binary(p, @$, "%", $1, $3); }
|   "-" expression %prec NEGATE  { $$ = node(p, AST_UNARY, @$, "-", $2, NONE, NONE); }
;

operand:
    INTEGER
        { $$ = node(p, AST_INTEGER, @$, NULL, NONE, NONE, NONE); $$.first->integer = $1; }
|   REAL
        { $$ = node(p, AST_REAL, @$, NULL, NONE, NONE, NONE); $$.first->number = $1; }
|   STRING   { $$ = node(p, AST_STRING, @$, $1, NONE, NONE, NONE); }
|   "true"   { $$ = flagged(node(p, AST_BOOLEAN, @$, NULL, NONE, NONE, NONE), true); }
|   "false"  { $$ = node(p, AST_BOOLEAN, @$, NULL, NONE, NONE, NONE); }
|   name     { $$ = node(p, AST_NAME, @$, $1, NONE, NONE, NONE); }
|   "(" expression ")"  { $$ = $2; }
|   "(" expression "," expressions ")"
        { $$ = node(p, AST_TUPLE, @$, NULL, append($2, $4), NONE, NONE); }
|   "repeat" expression index "{" separators expression separators "}"
        { $$ = node(p, AST_REPEAT, @1, $3, $2, $6, NONE); }
|   operand "(" call_arguments ")"
        { $$ = node(p, AST_CALL, @$, NULL, $1, $3, NONE); }
|   operand "[" expression "]"
        { $$ = node(p, AST_INDEX, @$, NULL, $1, $3, NONE); }
|   operand "." NAME
        { $$ = node(p, AST_MEMBER, @$, $3, $1, NONE, NONE); }
;

index:
    %empty     { $$ = NULL; }
|   "as" name  { $$ = $2; }
;

separators:
    %empty
|   separators SEP
;

name:
    NAME
|   "config"      { $$ = "config"; }
|   "input"       { $$ = "input"; }
|   "target"      { $$ = "target"; }
|   "output"      { $$ = "output"; }
|   "frozen"      { $$ = "frozen"; }
|   "train"       { $$ = "train"; }
|   "checkpoint"  { $$ = "checkpoint"; }
|   "token"       { $$ = "token"; }
|   "as"          { $$ = "as"; }
;

%%

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
