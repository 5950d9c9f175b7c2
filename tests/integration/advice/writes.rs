//! Actions of `Admin` that fail, and what their reports advise.

use super::Account;

#[tokio::test]
async fn a_secret_to_write_that_does_not_exist_is_created() {
    let Some(account) = Account::new("a_secret_to_write_that_does_not_exist") else { return };
    let (admin, name) = (account.admin(), account.name("jwt"));
    let error = admin.put(&name).string("second").await.unwrap_err();
    account.write_value("first");
    account.follow(&error.to_string());
    assert_eq!(admin.read(&name).await.unwrap().expose_secret(), "first");
    admin.put(&name).string("second").await.unwrap();
}

#[tokio::test]
async fn a_secret_to_read_that_is_marked_for_deletion_is_restored() {
    let Some(account) = Account::new("a_secret_to_read_that_is_marked") else { return };
    let (admin, name) = (account.admin(), account.name("jwt"));
    account.create("jwt", "first").await;
    admin.delete(&name).await.unwrap();
    let error = admin.read(&name).await.unwrap_err();
    account.follow(&error.to_string());
    assert_eq!(admin.read(&name).await.unwrap().expose_secret(), "first");
}
