# Whether the JSON on stdin is as the schema in the first argument says: a line for each fault.
import json
import sys

from jsonschema import Draft202012Validator

schema = json.loads(sys.argv[1])
Draft202012Validator.check_schema(schema)
for fault in Draft202012Validator(schema).iter_errors(json.load(sys.stdin)):
    print(fault.json_path, fault.message)
