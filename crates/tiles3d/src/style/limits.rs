//! How large a style may be. Styles come from outside; these bounds keep parsing and evaluation small and quick.

/// Most bytes of a style's JSON.
pub const MAX_JSON_BYTES: usize = 1 << 20;
/// Most bytes of one expression.
pub const MAX_EXPRESSION_BYTES: usize = 1 << 16;
/// Deepest nesting of parentheses, calls, brackets, ternaries' middles and unary operators in one expression.
pub const MAX_DEPTH: usize = 64;
/// Deepest nesting after the defines are put in.
pub const MAX_EXPANDED_DEPTH: usize = 192;
/// Most operators, calls, literals and variables of a whole style, after the defines are put in.
pub const MAX_NODES: usize = 1 << 16;
/// Longest text, in bytes, that an expression may put together.
pub const MAX_TEXT_BYTES: usize = 1 << 16;
/// Most different regular expressions that a style may make of the properties of a bound table's features, as
/// `regExp(${name})` does; further ones are errors of their features.
pub const MAX_PATTERNS: usize = 2048;
/// Most bytes that all of them may take when compiled, but for the last one. The time to compile them is in proportion.
pub const MAX_PATTERN_MEMORY: usize = 16 << 20;
