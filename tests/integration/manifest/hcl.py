# The Terraform configuration on stdin as JSON.
import json
import sys

import hcl2

print(json.dumps(hcl2.loads(sys.stdin.read())))
