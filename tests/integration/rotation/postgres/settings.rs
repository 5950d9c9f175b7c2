//! What of the original's settings cannot be copied to a clone.

use super::{Database, logged, scalar};
use crate::support::events::Events;

/// A role may have settings from another time: an update of the server takes parameters away, an upgraded extension its own.
/// The server skips those when a session begins.
#[tokio::test]
async fn a_setting_that_the_server_does_not_take_is_left_out_and_named() {
    let test = "a_setting_that_the_server_does_not_take_is_left_out_and_named";
    let Some(database) = Database::new(test, "heir").await else { return };
    database.execute("ALTER ROLE heir SET work_mem TO '7MB'").await;
    // As it is after an update: no statement sets what the server does not know.
    let age = "UPDATE pg_db_role_setting SET setconfig = setconfig || \
        ARRAY['gone_setting=hunter2', 'maintenance_work_mem=much', 'shared_buffers=1GB', E'odd\\nname=hunter2'] \
        WHERE setrole = 'heir'::regrole";
    database.execute(age).await;
    let events = Events::capture();
    database.rotate(database.alternating()).await.unwrap();
    database.assert_current_is_let_in("the clone").await;
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    assert_eq!(scalar(&clone, "SHOW work_mem").await, "7MB", "the others are copied");
    let mut warnings = events.warnings();
    warnings.sort();
    let left_out = |name: &str, code: &str| {
        format!("WARN a setting of the database user was not copied to its clone setting={name} code={code}")
    };
    let mut expected = [
        left_out("gone_setting", "42704"),
        left_out("maintenance_work_mem", "22023"),
        left_out("shared_buffers", "55P02"),
        left_out("(not a setting's name)", "42704"),
    ];
    expected.sort();
    assert_eq!(warnings, expected);

    // Neither does it hinder that the clone has such a one, which cannot be taken away.
    let age = "UPDATE pg_db_role_setting SET setconfig = setconfig || '{lost_setting=1}' \
        WHERE setrole = 'heir_clone'::regrole";
    database.execute(age).await;
    for user in ["heir", "heir_clone"] {
        database.rotate(database.alternating()).await.unwrap();
        database.assert_current_is_let_in(user).await;
        assert_eq!(database.current().await.0, user);
    }
    assert!(events.warnings().contains(&left_out("lost_setting", "42704")), "{:?}", events.warnings());
}

/// A setting can be anything, such as a key of the application's.
#[tokio::test]
async fn what_is_copied_is_not_logged_in_the_process_that_rotates() {
    let test = "what_is_copied_is_not_logged_in_the_process_that_rotates";
    let Some(database) = Database::new(test, "keyed").await else { return };
    database.execute("ALTER ROLE keyed SET \"shop.key\" TO 'hunter2hunter2'").await;
    let age = "UPDATE pg_db_role_setting SET setconfig = setconfig || '{work_mem=hunter2hunter2}' \
        WHERE setrole = 'keyed'::regrole";
    database.execute(age).await;
    let events = Events::capture();
    logged::capture();
    database.rotate(database.alternating()).await.unwrap();
    let (logged, traced) = (logged::take(), events.all());
    assert!(logged.contains("tokio_postgres") && traced.contains("setting=work_mem"), "both logs are there");
    assert!(!logged.contains("hunter2"), "a setting's value is logged");
    assert!(!traced.contains("hunter2"), "a setting's value is traced");
    let (user, password) = database.current().await;
    let clone = database.log_in(&user, &password).await.unwrap();
    assert_eq!(scalar(&clone, "SHOW \"shop.key\"").await, "hunter2hunter2");
    // The control: what the driver logs otherwise.
    logged::take();
    clone.batch_execute("SET \"shop.key\" TO 'hunter2hunter2'").await.unwrap();
    assert!(logged::take().contains("hunter2"));
}
