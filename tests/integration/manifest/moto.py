# Makes users in the moto at the first argument, then has it ask for permissions. On stdin: the printed policy, as it is,
# which moto checks; and the policies that users are to have, by name. Prints each user's access key.
import json
import sys

import boto3
import requests

url = sys.argv[1]
asked = json.load(sys.stdin)
iam = boto3.client(
    "iam", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="a"
)
iam.create_policy(PolicyName="printed", PolicyDocument=asked["printed"])
keys = {}
for name, policy in asked["users"].items():
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys[name] = [key["AccessKeyId"], key["SecretAccessKey"]]
requests.post(url + "/moto-api/reset-auth", data=b"0").raise_for_status()
print(json.dumps(keys))
