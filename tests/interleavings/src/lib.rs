//! The sources of the runtime crate as they are, built on [`model`] instead of `std`.

extern crate model as arc_swap;
extern crate model as foldhash;
extern crate model as std;

#[allow(dead_code, reason = "not everything in these files is about threads")]
pub mod client {
    #[path = "../../../../secrets-runtime/src/client/clock.rs"]
    mod clock;
    #[path = "../../../../secrets-runtime/src/client/hot.rs"]
    mod hot;
    #[path = "../../../../secrets-runtime/src/client/lease.rs"]
    mod lease;

    /// Counting is of no interest here: it orders nothing.
    mod counters {
        #[derive(Default)]
        pub(super) struct Striped;

        impl Striped {
            pub(super) const fn count(&self) {}
        }
    }

    pub mod scenes;
}

mod secret {
    /// A value that tells which one it is.
    #[derive(Clone)]
    pub(crate) struct Secret<T>(pub(crate) T);
}
