//! The end of a secret, and the way back.

use std::time::{Duration, SystemTime};

use secrets_runtime::ErrorKind;

use super::Corner;

const DAY: Duration = Duration::from_hours(24);

impl Corner {
    async fn kind(&self, name: &str) -> ErrorKind {
        self.secrets.get(name).await.unwrap_err().kind()
    }
}

on_emulators! {
    async fn what_is_marked_for_deletion_can_be_restored(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
        let date = corner.admin.delete("jwt").recovery_window(7).await.unwrap().unwrap();
        let days = date.duration_since(SystemTime::now()).unwrap().as_secs_f64() / DAY.as_secs_f64();
        assert!((6.9..7.1).contains(&days), "{days}");
        assert_eq!(corner.kind("jwt").await, ErrorKind::PendingDeletion);
        assert!(corner.admin.describe("jwt").await.unwrap().deletion_date().is_some());
        corner.admin.restore("jwt").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
        assert_eq!(corner.admin.describe("jwt").await.unwrap().deletion_date(), None);
    }

    async fn a_recovery_window_has_thirty_days_by_default(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        let date = corner.admin.delete("jwt").await.unwrap().unwrap();
        let days = date.duration_since(SystemTime::now()).unwrap().as_secs_f64() / DAY.as_secs_f64();
        assert!((29.9..30.1).contains(&days), "{days}");
    }

    async fn what_is_deleted_at_once_is_gone(corner: &Corner) {
        corner.admin.create("jwt").string("1").await.unwrap();
        assert_eq!(corner.value("jwt").await, "1");
        corner.admin.force_delete("jwt").await.unwrap();
        assert_eq!(corner.kind("jwt").await, ErrorKind::Missing);
        assert_eq!(corner.admin.restore("jwt").await.unwrap_err().kind(), ErrorKind::Missing);
        corner.admin.create("jwt").string("2").await.unwrap();
        assert_eq!(corner.value("jwt").await, "2");
    }
}
