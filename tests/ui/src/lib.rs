//! Nothing but a package for `tests`: trybuild wants one that has a library.
