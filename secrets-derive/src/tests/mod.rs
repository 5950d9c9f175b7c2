//! Tests of the whole derive: from the text of a struct to its errors or its expansion.

mod any_input;

use proc_macro2::{TokenStream, TokenTree};

use crate::derive::derive;
use crate::parse::keys::{FIELD_KEYS, STRUCT_KEYS};

fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{error}: {source}"))
}

fn expand(source: &str) -> TokenStream {
    derive(tokens(source))
}

/// The texts of all `compile_error!`s.
fn errors_of(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut previous = String::new();
    for token in expand(source) {
        if let TokenTree::Group(group) = &token
            && previous == "!"
            && let Ok(message) = syn::parse2::<syn::LitStr>(group.stream())
        {
            found.push(message.value());
        }
        previous = token.to_string();
    }
    found
}

/// The one error in a field with this attribute.
fn in_field(attribute: &str) -> String {
    one(&format!("struct AppConfig {{ #[secret({attribute})] field: Secret<String> }}"))
}

/// The one error in a struct with this attribute.
fn in_struct(attribute: &str) -> String {
    one(&format!("#[secret({attribute})] struct AppConfig {{ field: Secret<String> }}"))
}

fn one(source: &str) -> String {
    let errors = errors_of(source);
    assert_eq!(errors.len(), 1, "{source}: {errors:#?}");
    errors.into_iter().next().unwrap()
}

fn check(found: &str, expected: &str, of: &str) {
    assert!(found.contains(expected), "{of}: {found}");
}

#[test]
fn every_error_is_reported_with_a_stub_of_the_impl() {
    let source = "#[secret(prefx = \"a\")] struct AppConfig {
        #[secret(name = 1)] a: Secret<String>,
        #[secret(json, parse)] b: Secret<String>,
        #[secret(env = \"A B\")] c: u16,
    }";
    let errors = errors_of(source);
    assert_eq!(errors.len(), 4, "{errors:#?}");
    assert!(expand(source).to_string().contains("impl __rt :: SecretConfig for AppConfig"));
}

#[test]
fn every_key_is_known_at_its_level() {
    for key in STRUCT_KEYS {
        for attribute in [key.to_owned(), format!("{key} = \"\""), format!("{key}()")] {
            for error in errors_of(&format!("#[secret({attribute})] struct S {{ a: u8 }}")) {
                assert!(!error.contains("unknown key"), "{attribute}: {error}");
            }
        }
    }
    for key in FIELD_KEYS {
        for attribute in [key.to_owned(), format!("{key} = \"\""), format!("{key}()")] {
            for error in errors_of(&format!("struct S {{ #[secret({attribute})] a: u8 }}")) {
                assert!(!error.contains("unknown key"), "{attribute}: {error}");
            }
        }
    }
}

#[test]
fn every_key_has_a_section_in_the_reference() {
    let reference = include_str!("../reference.md");
    for key in STRUCT_KEYS.iter().chain(&FIELD_KEYS) {
        let headed =
            reference.lines().any(|line| line.starts_with("### ") && line.contains(&format!("`{key}`")));
        assert!(headed, "{key}");
    }
}

#[test]
fn every_key_is_in_the_readme() {
    let readme = include_str!("../../../README.md");
    for key in STRUCT_KEYS.iter().chain(&FIELD_KEYS) {
        let forms = [format!("`{key}`"), format!("`{key} ="), format!("`{key}(")];
        assert!(forms.iter().any(|form| readme.contains(form)), "{key}");
    }
}

#[test]
fn valid_attributes_are_accepted() {
    for attribute in [
        "",
        "plain",
        "plain,",
        "name = \"jwt\"",
        "name = r\"jwt\"",
        "id = \"prod/{environment}/jwt\"",
        "id = \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:jwt-AbCdEf\", key = \"a.b\"",
        "env = \"A\", alias = \"B\", alias = \"C\"",
        "default",
        "default = \"\"",
        "default = \"a,b\", separator = \",\"",
        "default = 8080, plain",
        "default = HashMap::<String, u16>::new(), plain",
        "default = <u16 as Trait<A, B>>::VALUE, plain",
        "default = if a { 1 } else { 2 }",
        "default = a.map(|x, y| x -> y)",
        "json, default = Keys { a, b }",
        "parse, separator = \";\"",
        "with = crate::parse::<u8>, trim, allow_empty",
        "validate = <T as Check>::check",
        "nested",
        "nested()",
        "nested(prefix = \"\", env_prefix = \"\")",
        "stage = \"AWSPREVIOUS\"",
        "version_id = \"01234567-89ab-cdef-0123-456789abcdef\"",
        "skip",
    ] {
        let source = format!("struct S {{ #[secret({attribute})] a: Secret<String> }}");
        assert_eq!(errors_of(&source), [""; 0], "{attribute}");
    }
    for attribute in [
        "prefix = \"\", env_prefix = \"\"",
        "prefix = \"/shop/{environment}\"",
        "name = \"database\", rename_all = \"SCREAMING-KEBAB-CASE\"",
        "sources(aws, env, \"vault\",)",
        "crate = ::other",
        "crate = crate::a::b",
    ] {
        let source = format!("#[secret({attribute})] struct S {{ a: Secret<String> }}");
        assert_eq!(errors_of(&source), [""; 0], "{attribute}");
    }
}

#[test]
fn an_unknown_key_has_a_hint() {
    for (attribute, expected) in [
        ("nmae = \"a\"", "unknown key `nmae`; did you mean `name`?\nthe keys of a field are `name`, `id`"),
        ("colour", "unknown key `colour`\nthe keys of a field are"),
        ("rename = \"a\"", "write `name = \"..\"`"),
        ("flatten", "write `nested(prefix = \"\", env_prefix = \"\")`"),
        ("optional", "a field of type `Option<..>` is optional"),
        ("prefix = \"a\"", "`prefix` is a key of the struct, not of a field"),
        ("rename_all = \"a\"", "write it above the struct"),
        ("nested(prefx = \"a\")", "unknown key `prefx` in `nested(..)`; did you mean `prefix`?"),
    ] {
        check(&in_field(attribute), expected, attribute);
    }
    for (attribute, expected) in [
        ("prefx = \"a\"", "did you mean `prefix`?\nthe keys of the struct are"),
        ("env = \"A\"", "`env` is a key of a field, not of the struct"),
        ("ttl = 5", "it is set on the builder of `Secrets`"),
    ] {
        check(&in_struct(attribute), expected, attribute);
    }
}

#[test]
fn values_of_the_wrong_form_are_rejected() {
    for (attribute, expected) in [
        ("name", "`name` needs a value: `name = \"database-url\"`"),
        ("name =", "`name` needs a value"),
        ("name(\"a\")", "`name` takes its value after `=`"),
        ("name = jwt", "expected a string in quotes: `name = \"jwt\"`"),
        ("name = 1", "expected a string in quotes"),
        ("name = b\"a\"", "without a prefix"),
        ("name = \"a\"suffix", "without a suffix"),
        ("name = concat!(\"a\", \"b\")", "expected one string in quotes"),
        ("name == \"a\"", "expected one string in quotes"),
        ("name: \"a\"", "expected `=` after `name`"),
        ("name + 1", "expected `=`, `(` or `,` after `name`"),
        ("name = \"\"", "this `name` is empty: write `name = \"database-url\"`, or leave it out"),
        ("\"a\"", "expected a key before the value"),
        ("name = \"a\",, trim", "expected a key before `,`"),
        ("json trim", "expected `,` between `json` and `trim`"),
        ("nested() trim", "expected `,` after `nested(..)`"),
        ("json = true", "`json` takes no value: write it alone"),
        ("json = false", "`json` takes no value: leave it out"),
        ("json =", "`json` takes no value"),
        ("plain()", "`plain` takes no list"),
        ("with", "`with` needs the path of a function"),
        ("with = \"parse\"", "write the path without quotes: `with = parse`"),
        ("with = |text| text", "not a closure"),
        ("with = a + b", "expected the path of a function"),
        ("with(parse)", "`with` takes its function after `=`"),
        ("default =", "`default =` needs an expression"),
        ("default(1)", "`default` takes its expression after `=`"),
        ("nested = \"a\"", "`nested` takes no value"),
        ("nested =", "`nested` takes no value"),
    ] {
        check(&in_field(attribute), expected, attribute);
    }
    for (attribute, expected) in [
        ("rename_all = \"kebab_case\"", "did you mean `kebab-case`?\nthe rules are `lowercase`"),
        ("sources = aws", "`sources` takes a list"),
        ("sources()", "without a source no setting can be loaded"),
        ("sources(aws env)", "expected `,` between sources"),
        ("sources(aws, aws)", "the source `aws` is given twice"),
        ("sources(asw)", "unknown source `asw`; did you mean `aws`?"),
        ("sources(1)", "expected the name of a source"),
        ("sources(\"\")", "the name of a source must not be empty"),
        ("crate", "`crate` needs the path"),
        ("crate = \"a::b\"", "write the path without quotes: `crate = a::b`"),
        ("crate = 1", "expected a path"),
        ("crate = a::b", "write `::a::b` for a crate or `crate::a::b` for a module"),
        ("crate = super::b", "write the path from the root, `crate::..::b`"),
        ("crate = a::", "expected a path"),
        ("crate(a)", "`crate` takes its path after `=`"),
    ] {
        check(&in_struct(attribute), expected, attribute);
    }
    for (source, expected) in [
        ("#[secret] struct S { a: u8 }", "alone has no effect"),
        ("#[secret = \"a\"] struct S { a: u8 }", "expected keys in parentheses: `#[secret(prefix"),
        ("struct S { #[secret] a: u8 }", "a field is secret when its type is `Secret<..>`"),
        ("struct S { #[secret = \"a\"] a: u8 }", "expected keys in parentheses: `#[secret(name"),
    ] {
        check(&one(source), expected, source);
    }
}

#[test]
fn duplicate_keys_are_rejected() {
    for attribute in ["name = \"a\", name = \"a\"", "plain, plain", "nested(prefix = \"a\", prefix = \"b\")"]
    {
        check(&in_field(attribute), "is given twice; keep one", attribute);
    }
    check(
        &one("struct S { #[secret(plain)] #[secret(plain)] a: String }"),
        "`plain` is given twice",
        "two attributes",
    );
    check(&in_struct("prefix = \"a\", prefix = \"b\""), "`prefix` is given twice", "prefix");
}

#[test]
fn keys_that_exclude_each_other_are_rejected() {
    for (attribute, expected) in [
        ("name = \"a\", id = \"b\"", "`id` cannot be combined with `name`"),
        ("id = \"a\", name = \"b\"", "`name` cannot be combined with `id`"),
        ("json, parse", "both decode the value"),
        ("json, with = f", "both decode the value"),
        ("with = f, parse", "`parse` cannot be combined with `with`"),
        ("separator = \",\", json", "a list in JSON has its own separators"),
        ("with = f, separator = \",\"", "reads the whole text"),
        (
            "stage = \"AWSPREVIOUS\", version_id = \"01234567-89ab-cdef-0123-456789abcdef\"",
            "both choose a version",
        ),
        ("json, allow_empty", "an empty text is not JSON"),
        ("nested, name = \"a\"", "`name` has no effect with `nested`"),
        ("plain, nested", "`plain` has no effect with `nested`"),
        ("skip, default = 1", "`default` has no effect with `skip`"),
        ("nested, skip", "`nested` has no effect with `skip`"),
    ] {
        check(&in_field(attribute), expected, attribute);
    }
    check(&in_struct("name = \"a\", id = \"b\""), "`id` cannot be combined with `name`", "struct");
    let three = errors_of("struct S { #[secret(json, parse, with = f)] a: u8 }");
    assert_eq!(three.len(), 2, "each extra key is reported once: {three:#?}");
}

#[test]
fn two_fields_that_read_the_same_value_are_rejected() {
    for (fields, expected) in [
        (
            "#[secret(name = \"x\")] a: A, #[secret(name = \"x\")] b: A",
            "`a` and `b` both read the secret `x`",
        ),
        (
            "#[secret(name = \"x\", key = \"a.b\")] a: A, #[secret(name = \"x\", key = \"/a/b\")] b: A",
            "both read the key `a.b` of the secret `x`",
        ),
        (
            "#[secret(env = \"X\")] a: A, #[secret(env = \"X\")] b: A",
            "both read the environment variable `X`",
        ),
        ("#[secret(name = \"b\")] a: A, b: A", "both read the environment variable `B`"),
        ("#[secret(alias = \"B\")] a: A, b: A", "both read the environment variable `B`"),
        ("a: A, #[secret(alias = \"A\")] b: A", "leave the alias out"),
    ] {
        let found = errors_of(&format!("struct S {{ {fields} }}"));
        assert_eq!(found.len(), 1, "{fields}: {found:#?}");
        for error in &found {
            check(error, expected, fields);
        }
    }
    let document = "#[secret(id = \"x\")] struct S { a: A, #[secret(key = \"a\")] b: A }";
    check(&errors_of(document).join(" "), "both read the key `a` of the struct's secret", document);
    for fields in [
        "#[secret(name = \"x\", key = \"a\")] a: A, #[secret(name = \"x\", key = \"b\")] b: A",
        "#[secret(name = \"x\")] a: A, #[secret(name = \"x\", stage = \"AWSPREVIOUS\", env = \"Y\")] b: A",
        "#[secret(name = \"x\")] a: A, #[secret(id = \"x\")] b: A",
        "#[secret(skip)] a: A, #[secret(name = \"a\")] b: A",
    ] {
        assert_eq!(errors_of(&format!("struct S {{ {fields} }}")), [""; 0], "{fields}");
    }
}

#[test]
fn a_useless_alias_is_rejected() {
    check(&in_field("alias = \"FIELD\""), "is the variable that this field reads anyway", "own");
    check(&in_field("alias = \"A\", alias = \"A\""), "the alias `A` is given twice", "twice");
}

#[test]
fn a_field_without_a_valid_name_needs_an_attribute() {
    check(&one("struct S { größe: Secret<String> }"), "write `name = \"..\"`", "secret");
    check(
        &one("struct S { #[secret(id = \"a\")] größe: Secret<String> }"),
        "write `env = \"..\"`",
        "variable",
    );
    check(&in_field("name = \"2fa\""), "would be `2FA`, which starts with a digit", "digit");
    check(&in_field("name = \"{environment}\""), "write `env = \"..\"`", "placeholder");
    assert_eq!(errors_of("struct S { #[secret(name = \"size\")] größe: Secret<String> }"), [""; 0]);
}

#[test]
fn types_without_named_fields_are_rejected() {
    for (source, expected) in [
        ("enum E { A }", "`E` is an enum"),
        ("union U { a: u8 }", "`U` is a union"),
        ("struct T(u8);", "`SecretConfig` needs named fields"),
        ("struct T(u8, u8);", "`SecretConfig` needs named fields"),
        ("struct T();", "`SecretConfig` needs named fields"),
        ("struct L<'a> { a: &'a str }", "a config owns what it loads"),
        ("struct D { a: u8 = 1 }", "`#[secret(default = 1)]`"),
    ] {
        check(&one(source), expected, source);
    }
    for source in ["struct Unit;", "struct Empty {}", "struct One { a: u8 }"] {
        assert_eq!(errors_of(source), [""; 0], "{source}");
    }
}

#[test]
fn invisible_groups_are_ignored() {
    let group = |text: &str| {
        TokenTree::Group(proc_macro2::Group::new(proc_macro2::Delimiter::None, text.parse().unwrap()))
    };
    let (ty, name, default, meta) = (group("Secret<String>"), group("\"jwt\""), group("f()"), group("trim"));
    let source = quote::quote!(struct S { #[secret(name = #name, default = #default, #meta)] a: #ty });
    let expanded = derive(source).to_string();
    assert!(!expanded.contains("compile_error"), "{expanded}");
    assert!(expanded.contains("type_name : \"Secret<String>\""), "{expanded}");
    assert!(expanded.contains("UnderPrefix (\"jwt\")"), "{expanded}");
    assert!(expanded.contains("trim : true"), "{expanded}");
}

#[test]
fn a_default_is_recorded_only_if_the_type_is_not_a_secret() {
    let default = |expression: &str| {
        let expanded = expand(&format!("struct S {{ #[secret(default = {expression})] a: T }}")).to_string();
        let (_, default) = expanded.split_once("default : __rt :: DefaultSpec :: ").unwrap();
        default.split_once(" , ..").unwrap().0.to_owned()
    };
    // A literal is refused where the type is a secret.
    assert_eq!(default("8080"), "Expression (\"8080\")");
    assert_eq!(default("f(\"a\")"), "Expression (\"f(\\\"a\\\")\")");
    for expression in ["f()", "CONSTANT", "true"] {
        assert_eq!(
            default(expression),
            format!(
                "expression (\"{expression}\" , (__rt :: Decoded :: < T > :: SECRET || __rt :: Wrapped :: < T > :: SECRET))"
            )
        );
    }
}

#[test]
fn only_the_given_runtime_path_is_used() {
    let expanded =
        expand("#[secret(crate = crate::config)] struct S { a: u8, #[secret(nested)] b: B }").to_string();
    assert!(expanded.contains("use crate :: config :: __private"), "{expanded}");
    assert!(!expanded.contains("secrets_runtime"), "{expanded}");
    let refused = expand("#[secret(crate = crate::config, prefx = \"\")] struct S { a: u8 }").to_string();
    assert!(!refused.contains("secrets_runtime"), "{refused}");
}

#[test]
fn the_expansion_is_one_impl() {
    let expanded = expand(
        "struct S { a: Secret<u8>, #[secret(default = 1)] b: u8, #[secret(default = if c {} else {})] c: u8 }",
    );
    let outside: Vec<String> = expanded.clone().into_iter().map(|token| token.to_string()).collect();
    assert!(outside.join(" ").starts_with("const _ : () = {"), "{outside:?}");
    assert_eq!(outside.len(), 7, "one item without a name: {outside:?}");
    assert_eq!(expanded.to_string().matches("impl ").count(), 1, "{expanded}");
}

#[test]
fn incomplete_input_never_panics() {
    for source in [
        "",
        "struct",
        "struct S",
        "struct S {",
        "struct S { a }",
        "struct S { a: }",
        "struct S { a: u8, b }",
        "struct S { pub a: Secret< }",
        "struct S { #[secret(] a: u8 }",
        "#[secret(prefix = )] struct S { a: u8 }",
        "#[secret(,)] struct S { a: u8 }",
        "#[secret(=)] struct S { a: u8 }",
        "#[secret(crate = ::)] struct S { a: u8 }",
        "#[secret(crate = :)] struct S { a: u8 }",
        "#[secret(sources(,))] struct S { a: u8 }",
        "#[secret(prefix = \"{\")] struct S { a: u8 }",
        "struct S { #[secret(default = ::<)] a: u8 }",
        "struct S { #[secret(default = <)] a: u8 }",
        "struct S { #[secret(default = >>)] a: u8 }",
        "struct S { #[secret(default = ,)] a: u8 }",
        "struct S { #[secret(nested(,))] a: u8 }",
        "struct S { #[secret(name = \"\")] a: u8 }",
        "struct S { #[secret(r#type)] a: u8 }",
        "struct S { #[secret[name = \"a\"]] a: u8 }",
        "struct S { #[secret{name = \"a\"}] a: u8 }",
        "struct S { #[secret()] _a: u8 }",
        "struct S { _: u8 }",
        "struct S { a: u8, a: u8 }",
        "struct S { r#fn: _, r#type: ! }",
        "struct S where { a: impl Fn() }",
        "struct S<T, const N: usize, 'a> { a: [T; N] }",
        "fn f() {}",
        "#[derive(SecretConfig)]",
    ] {
        // Text that is not even tokens never reaches a macro.
        if let Ok(tokens) = source.parse() {
            let _ = derive(tokens);
        }
    }
}
