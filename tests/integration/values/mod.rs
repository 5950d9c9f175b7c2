//! What becomes of a value on its way into a field, whichever source had it.

mod appearance;
mod binary;
mod clashes;
mod decoders;
mod defaults;
mod dialects;
mod document;
mod identified;
mod lists;
mod names;
mod nested;
mod placed;
mod prefixes;
mod text;
mod variable_files;
mod variables;
