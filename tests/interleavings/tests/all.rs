//! Each scene in all its interleavings.

use interleavings::client::scenes;

macro_rules! explore {
    ($($scene:ident,)*) => {$(
        #[test]
        fn $scene() {
            scenes::$scene();
        }
    )*};
}

explore! {
    nothing_is_read_by_a_lease_that_was_revoked_before,
    a_renewed_lease_is_never_out_of_its_times,
    nothing_old_is_read_after_a_clear_that_has_returned,
    an_insert_during_a_purge_leaves_nothing_that_has_ended,
    inserts_at_the_same_time_do_not_lose_one_another,
    a_late_insert_of_an_old_value_does_not_bring_it_back,
}
