// Names of secrets and their environment variables. The unit tests of both crates include this table.
[
    ("jwt", "JWT"),
    ("stripe/api-key.v2", "STRIPE_API_KEY_V2"),
    ("_spare", "SPARE"),
    ("a//b", "A_B"),
    ("/shop/db", "SHOP_DB"),
    ("{environment}", ""),
    ("{environment}/db", "DB"),
    ("shop/{environment}/db", "SHOP_DB"),
    ("shop{environment}db", "SHOP_DB"),
    ("2fa", "2FA"),
    ("größe", "GR_E"),
    ("straße", "STRA_E"),
]
