//! A config of 200 secrets.

use secrets_runtime::{Secret, SecretConfig};

/// The struct, as a program would write it, and the list of its fields for who has no struct.
macro_rules! config {
    ($($field:ident)*) => {
        #[derive(SecretConfig)]
        #[secret(prefix = "shop/{environment}")]
        pub(crate) struct AppConfig {
            $($field: Secret<String>,)*
        }

        pub(crate) const NAMES: [&str; 200] = [$(stringify!($field)),*];

        impl AppConfig {
            /// Every field with its name.
            pub(crate) fn fields(&self) -> [(&'static str, &Secret<String>); 200] {
                [$((stringify!($field), &self.$field)),*]
            }
        }
    };
}

config! {
    secret_000 secret_001 secret_002 secret_003 secret_004 secret_005 secret_006 secret_007
    secret_008 secret_009 secret_010 secret_011 secret_012 secret_013 secret_014 secret_015
    secret_016 secret_017 secret_018 secret_019 secret_020 secret_021 secret_022 secret_023
    secret_024 secret_025 secret_026 secret_027 secret_028 secret_029 secret_030 secret_031
    secret_032 secret_033 secret_034 secret_035 secret_036 secret_037 secret_038 secret_039
    secret_040 secret_041 secret_042 secret_043 secret_044 secret_045 secret_046 secret_047
    secret_048 secret_049 secret_050 secret_051 secret_052 secret_053 secret_054 secret_055
    secret_056 secret_057 secret_058 secret_059 secret_060 secret_061 secret_062 secret_063
    secret_064 secret_065 secret_066 secret_067 secret_068 secret_069 secret_070 secret_071
    secret_072 secret_073 secret_074 secret_075 secret_076 secret_077 secret_078 secret_079
    secret_080 secret_081 secret_082 secret_083 secret_084 secret_085 secret_086 secret_087
    secret_088 secret_089 secret_090 secret_091 secret_092 secret_093 secret_094 secret_095
    secret_096 secret_097 secret_098 secret_099 secret_100 secret_101 secret_102 secret_103
    secret_104 secret_105 secret_106 secret_107 secret_108 secret_109 secret_110 secret_111
    secret_112 secret_113 secret_114 secret_115 secret_116 secret_117 secret_118 secret_119
    secret_120 secret_121 secret_122 secret_123 secret_124 secret_125 secret_126 secret_127
    secret_128 secret_129 secret_130 secret_131 secret_132 secret_133 secret_134 secret_135
    secret_136 secret_137 secret_138 secret_139 secret_140 secret_141 secret_142 secret_143
    secret_144 secret_145 secret_146 secret_147 secret_148 secret_149 secret_150 secret_151
    secret_152 secret_153 secret_154 secret_155 secret_156 secret_157 secret_158 secret_159
    secret_160 secret_161 secret_162 secret_163 secret_164 secret_165 secret_166 secret_167
    secret_168 secret_169 secret_170 secret_171 secret_172 secret_173 secret_174 secret_175
    secret_176 secret_177 secret_178 secret_179 secret_180 secret_181 secret_182 secret_183
    secret_184 secret_185 secret_186 secret_187 secret_188 secret_189 secret_190 secret_191
    secret_192 secret_193 secret_194 secret_195 secret_196 secret_197 secret_198 secret_199
}
