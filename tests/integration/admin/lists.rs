//! Which secrets there are.

use secrets_runtime::admin::{Admin, SecretDescription};

use super::Corner;

impl Corner {
    async fn create_all(&self, names: &[&str]) {
        for name in names {
            self.admin.create(name).description(*name).string("1").await.unwrap();
        }
    }
}

fn descriptions(secrets: &[SecretDescription]) -> Vec<&str> {
    let mut descriptions: Vec<_> = secrets.iter().filter_map(SecretDescription::description).collect();
    descriptions.sort_unstable();
    descriptions
}

on_emulators! {
    async fn a_list_holds_what_is_under_the_prefix(corner: &Corner) {
        corner.create_all(&["a", "b/c", "b/d"]).await;
        let neighbour = format!("{}2/a", corner.prefix);
        let everywhere = Admin::from_secrets_manager(corner.source.clone());
        everywhere.create(&neighbour).string("1").await.unwrap();
        let of = async |prefix| corner.admin.list().prefix(prefix).at_most(100).await.unwrap();
        assert_eq!(descriptions(&of("").await), ["a", "b/c", "b/d"]);
        assert_eq!(descriptions(&of("b/").await), ["b/c", "b/d"]);
        assert_eq!(descriptions(&of("c").await), [""; 0]);
        let page = corner.admin.list().prefix("a").next_page().await.unwrap().unwrap();
        assert_eq!(page[0].name(), Some(corner.name("a").as_str()));
        assert_eq!(corner.admin.list().at_most(2).await.unwrap().len(), 2);
        let beside = everywhere.list().prefix(&neighbour).at_most(10).await.unwrap();
        assert_eq!(beside.len(), 1);
        // The ARN stands by itself, whatever the prefix.
        assert_eq!(corner.admin.read(beside[0].arn().unwrap()).await.unwrap().expose_secret(), "1");
    }

    async fn a_list_of_many_has_pages(corner: &Corner) {
        let names: Vec<String> = (0..101).map(|number| format!("{number:03}")).collect();
        corner.create_all(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mut list = corner.admin.list();
        let mut secrets = Vec::new();
        let mut pages = 0;
        while let Some(page) = list.next_page().await.unwrap() {
            secrets.extend(page);
            pages += 1;
        }
        assert_eq!(descriptions(&secrets), names);
        assert!(pages > 1, "{pages}");
    }

    async fn what_is_marked_for_deletion_is_listed_if_asked_for(corner: &Corner) {
        corner.create_all(&["a", "b"]).await;
        corner.admin.delete("b").await.unwrap();
        assert_eq!(descriptions(&corner.admin.list().at_most(10).await.unwrap()), ["a"]);
        let all = corner.admin.list().with_marked_for_deletion().at_most(10).await.unwrap();
        assert_eq!(descriptions(&all), ["a", "b"]);
    }
}
