# Validates the fenced blocks of the Markdown pages on stdin, a JSON object of names and texts. It prints a
# JSON object: how many blocks of each kind there are, and the findings of each page.
import json
import sys
from importlib import resources

import hcl2
import kubernetes_validate
import parliament
import yaml
from cfnlint.api import lint_all
from jsonschema.validators import validator_for
from markdown_it import MarkdownIt

# Kubernetes has no schema of the kinds that other projects define: of these the common members are validated.
DEFINED_BY_OTHERS = ["SecretProviderClass", "ExternalSecret"]


def cloudformation(text):
    # cfn-lint always has advice, as information.
    return [f"{found.rule.id} {found.message}" for found in lint_all(text) if found.rule.id[0] in "EW"]


def policy(text):
    return [f"{found.issue} {found.detail}" for found in parliament.analyze_policy_string(text).findings]


def kubernetes(text):
    findings = []
    for manifest in yaml.safe_load_all(text):
        if manifest["kind"] in DEFINED_BY_OTHERS:
            findings += [f"lacks {member}" for member in ("apiVersion", "metadata", "spec") if not manifest.get(member)]
            continue
        try:
            kubernetes_validate.validate(manifest, "1.33", strict=True)
        except kubernetes_validate.ValidationError as fault:
            findings.append(f"{manifest['kind']} {list(fault.path)} {fault.message}")
    return findings


def compose(text):
    folder = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text())
    return [f"{fault.json_path} {fault.message}" for fault in validator_for(schema)(schema).iter_errors(yaml.safe_load(text))]


def hcl(text):
    try:
        hcl2.loads(text)
        return []
    except Exception as fault:
        return [type(fault).__name__]


VALIDATORS = {
    "yaml cloudformation": cloudformation,
    "json policy": policy,
    "yaml kubernetes": kubernetes,
    "yaml compose": compose,
    "hcl": hcl,
}

counts = {kind: 0 for kind in VALIDATORS}
findings = []
for page, text in json.load(sys.stdin).items():
    for block in MarkdownIt().parse(text):
        if block.type == "fence" and block.info in VALIDATORS:
            counts[block.info] += 1
            found = VALIDATORS[block.info](block.content)
            findings += [f"{page}: {block.info}: {finding}" for finding in found]
print(json.dumps({"counts": counts, "findings": findings}))
