//! Passwords that the service makes.

use super::Corner;

on_emulators! {
    async fn a_password_is_what_was_asked_for(corner: &Corner) {
        let password = async || corner.admin.random_password().await.unwrap().expose_secret().clone();
        let (one, other) = (password().await, password().await);
        assert_eq!((one.chars().count(), other.chars().count()), (32, 32));
        assert_ne!(one, other);
        let letters = corner.admin.random_password().length(64).without_numbers().without_punctuation();
        let letters = letters.without_uppercase().without_characters("aeiou").await.unwrap();
        let letters = letters.expose_secret();
        assert_eq!(letters.chars().count(), 64);
        assert!(letters.chars().all(|c| c.is_ascii_lowercase() && !"aeiou".contains(c)), "not what was asked for");
        let digits = corner.admin.random_password().length(12).without_uppercase().without_lowercase();
        let digits = digits.without_punctuation().of_any_type().await.unwrap();
        assert!(digits.expose_secret().chars().all(|c| c.is_ascii_digit()), "not what was asked for");
    }
}
