# shellcheck shell=bash
# The redactions, each with what would be left without it and the tests that stand for it. Read by `run`.

runtime=secrets-runtime/src

# The wrappers.
mutation a-secret-shows-width-and-precision $runtime/secret.rs \
  's/(fn redact\(.*?\{\s*)f\.write_str\(REDACTED\)/$1f.pad(REDACTED)/s' \
  integration leaks::printing
mutation a-secret-keeps-its-decoders-message $runtime/secret.rs \
  's/(T::deserialize\(deserializer\)\.map\(Self::new\))\.map_err\(\|_\| de::Error::custom\(UNDECODABLE\)\)/$1/' \
  unit secret::
mutation a-redacted-keeps-its-decoders-message $runtime/secret.rs \
  's/(T::deserialize\(deserializer\)\.map\(Self\))\.map_err\(\|_\| de::Error::custom\(UNDECODABLE\)\)/$1/' \
  integration leaks::printing
mutation the-last-handle-does-not-wipe $runtime/secret.rs \
  's/self\.0\.zeroize\(\);//' \
  unit secret::

# Decoding.
mutation a-types-own-message-is-kept $runtime/value/json/decode/unfit.rs \
  's/fn custom<T: fmt::Display>\(_: T\) -> Self \{\s*Self::Other/fn custom<T: fmt::Display>(message: T) -> Self {\n        Fault { error: DecodeError::because(message.to_string().leak()), offset: None }.boxed()/' \
  unit value::json
mutation the-kind-found-is-the-value-found $runtime/value/json/decode/unfit.rs \
  's/fn invalid_type\(_: Unexpected<.{0,3}>, _: &dyn Expected\) -> Self \{\s*Self::Kind/fn invalid_type(found: Unexpected<\x27_>, _: \&dyn Expected) -> Self {\n        Fault { error: DecodeError::because(found.to_string().leak()), offset: None }.boxed()/' \
  unit value::json
mutation a-path-names-the-documents-own-keys $runtime/value/json/decode/access.rs \
  's/map_or\(Step::Member, \|name\| Step::Field\(name\)\)/map_or_else(|| Step::Field(key.to_owned().leak()), |name| Step::Field(name))/' \
  unit value::json
mutation the-raw-value-prints-itself $runtime/value/mod.rs \
  's/f\.debug_struct\("RawSecret"\)\.finish_non_exhaustive\(\)/f.debug_struct("RawSecret").field("text", \&self.text()).finish()/' \
  integration leaks::sweep leaks::printing
mutation a-masked-value-is-a-value $runtime/value/extract.rs \
  's/if text\.trim\(\) == REDACTED \{\s*return Extracted::Invalid\(MASKED\);\s*\}//' \
  integration values::

# Names.
mutation an-id-is-shown-whatever-it-is $runtime/environment.rs \
  's/if is_secret_id\(id\) \{ id \} else \{ "\(not a secret id\)" \}/id/' \
  integration leaks::errors leaks::sweep
mutation a-key-shows-its-name-whatever-it-is $runtime/source/mod.rs \
  's/f\.write_str\(crate::environment::display_id\(&self\.name\)\)/f.write_str(\&self.name)/' \
  integration leaks::sweep
mutation a-version-shows-its-label-whatever-it-is $runtime/setting.rs \
  's/f\.debug_tuple\("Stage"\)\.field\(&display_id\(stage\)\)/f.debug_tuple("Stage").field(stage)/' \
  integration leaks::sweep
mutation an-identity-shows-what-was-answered $runtime/source/identity.rs \
  's/self\.name\(\)\.map\(display_id\)/self.name()/' \
  integration leaks::sweep
mutation a-place-shows-its-location-whatever-it-is $runtime/error/place.rs \
  's/locations\.iter\(\)\.map\(\|location\| display_id\(location\)\)\.collect\(\)/locations.to_vec()/' \
  integration leaks::errors leaks::sweep
mutation a-request-shows-its-name-whatever-it-is $runtime/client/request.rs \
  's/\.field\("name", &display_id\(self\.name\)\)/.field("name", \&self.name)/' \
  integration leaks::sweep
mutation a-rotation-event-shows-its-secret-whatever-it-is $runtime/rotation/event.rs \
  's/\.field\("secret_id", &display_id\(&self\.secret_id\)\)/.field("secret_id", \&self.secret_id)/' \
  integration leaks::sweep

# What others answer.
mutation a-sources-code-may-be-a-sentence $runtime/error/source_error.rs \
  's/word\.then\(\|\| Self\(text\.to_owned\(\)\)\)/Some(Self(text.to_owned()))/; s/let word = /let _word = /' \
  unit error::
mutation a-code-may-be-any-word $runtime/source/aws/fault.rs \
  's/suffixes\.iter\(\)\.any\(\|suffix\| text\.ends_with\(suffix\)\)/!suffixes.is_empty()/' \
  integration leaks::errors
mutation a-batchs-code-may-be-anything $runtime/source/aws/failure.rs \
  's/code\.filter\(\|code\| Fault::is_code\(code\)\)/code/' \
  unit source::aws::failure
mutation a-request-id-may-be-anything $runtime/source/aws/failure.rs \
  's/request_id\.filter\(\|id\| is_request_id\(id\)\)/request_id/' \
  unit source::aws::failure
mutation the-sdk-sees-the-whole-of-an-error $runtime/source/aws/connections.rs \
  's/\.interceptor\(CutDown::ERRORS\)//; s/use super::refusal::CutDown;//' \
  integration leaks::logs
mutation the-sdk-sees-the-whole-of-a-batchs-errors $runtime/source/aws/batch.rs \
  's/\.interceptor\(CutDown::ENTRIES\)//; s/use super::refusal::CutDown;//' \
  integration leaks::faults
mutation a-foreign-error-keeps-its-text $runtime/rotation/failure.rs \
  's/let name = type_name/let text = error.map(|error| error.to_string()).unwrap_or_default().leak();\n        let name = type_name/; s/error\.because\("its own text may quote a value and is not shown"\)/error.because(text)/' \
  unit rotation::failure
mutation the-status-of-a-rotation-prints-what-was-answered $runtime/admin/description.rs \
  's/\.field\("is_enabled", &self\.is_enabled\)/.field("is_enabled", \&self.is_enabled).field("schedule", \&self.schedule)/' \
  integration leaks::sweep
mutation a-rotator-prints-its-key $runtime/rotation/random_token.rs \
  's/\.field\("length", &self\.length\)/.field("length", \&self.length).field("key", \&self.key)/' \
  integration leaks::sweep

# Logs and the process.
mutation a-fetch-logs-what-it-fetched $runtime/notice.rs \
  's/Answer::Found\(\.\.\) => tracing::debug!\(source, \?key, "fetched"\)/Answer::Found(payload, _) => match payload {\n            crate::source::Payload::Text(text) => tracing::debug!(source, ?key, value = text.expose_secret().as_str(), "fetched"),\n            _ => tracing::debug!(source, ?key, "fetched"),\n        }/' \
  integration leaks::logs leaks::cache
mutation nobody-warns-of-the-sdks-switches $runtime/source/aws/settings.rs \
  's/(async fn load\(&self.*?)warn_of_open_logs\(\);/$1/s; s/fn warn_of_open_logs/#[allow(dead_code)]\nfn warn_of_open_logs/' \
  integration leaks::logs
mutation variables-are-read-as-unicode $runtime/source/env.rs \
  's/None => std::env::vars_os\(\).*?\.collect\(\),/None => std::env::vars().map(|(name, _)| name).collect(),/s' \
  integration leaks::panics
mutation a-body-prints-itself $runtime/admin/body.rs \
  's/SdkBody::from\(Bytes::from_owner\(content\)\)\.map_preserve_contents\(SdkBody::from_body_1_x\)/SdkBody::from(Bytes::from_owner(content))/' \
  unit admin::body
mutation the-signer-sees-the-body $runtime/admin/body.rs \
  's/config\s*\.interceptor_state\(\)\s*\.store_put\(PayloadSigningOverride::Precomputed\(digest\(&body\)\)\);/let _ = (config, PayloadSigningOverride::Precomputed(digest(\&body)));/' \
  integration admin::leaks
