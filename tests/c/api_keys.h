/* Private keys of tests, made by OpenSSL, and what belongs to them. Nothing else uses them. */
#ifndef API_KEYS_H
#define API_KEYS_H

#include "check.h"

#define RSA_PKCS1 \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "MIIEpAIBAAKCAQEAuj8tHYR4dJOOoWabfLvqaGHKfVI2eCImIe7QuukA3HsGJElP\n" \
    "rbKd7NFbXwFqb8wHVYgW4bdvXgxuIiW+GGUH6a+B8DN9oFOUZMFfy/9YtVT4yO+r\n" \
    "7nirE2f1qyBN4dWHm7cQesuMvAcSTQV1+I+7rOke3EBHYbiyODLE9r+XsBtXo4FX\n" \
    "FWFg4kHY2QufvFkb8YfniPDF9ED05xXxx+jgd9Sw4ULw+VGJ6yBFeqhxP36nfcCf\n" \
    "CP6ZYM3C5R4KX7SECyzzXt2T4udKhwGZY1skYvi/rn/gUdLwWZoOD9t3/Qzs6NHz\n" \
    "JAIZeDz4cLlxbS0gyyk0+olK52R3RugcY0VaqQIDAQABAoIBAAYn5vsgWjNzo2Nf\n" \
    "KUTHdCAhGi+MN/PQ12vRIVjAw6k8ypYtTrebKwuvgFvHGg8VVuAlkF96YjphIoNU\n" \
    "bOLHh4WRYQ9g+OGV3Q1W6uU9Fc2prcEgwJELr7Pe7jY4fGg6WB/RmeTXbBCwEpN+\n" \
    "kW02xmlh9OFPoXDv23C3y7libA+DS7GvHjsTDyiN19zJcEH7FM0yZ54wjB4lJSt0\n" \
    "OcGUwuaCz3ulB4zc5XuzN2xBT/0N+Dyk1fkTo57HNBm5O595XLMYGeMnFpcAFx7v\n" \
    "ygsVNPOJ68vGTYIAZ7fAaDI/zdSR0/gXN72jnsKKblvwcHLuXhXFnMmpu9t0Zwip\n" \
    "Pm9s13UCgYEA3VuLYBGYL0RHoiPdvJMMq8vTjHNGaL8jMbFHQpOpKj4svsYomfSG\n" \
    "oY9oyZWIvvye5Cu84+rXrRbYKFgi4214PYpZlflMoNTHMJdKAqe2X1Bv60q9XSzP\n" \
    "XqwhBFvO5ZpsB8lYURs2GPgXXz+siqdM2KNb5vXeoOWiTm1oxsh8BwMCgYEA12T0\n" \
    "Xv4YhHDuzVUt92wZYA7448Sw5TRKqx1UpQeMbD6evr54wvLpQard7etIoE4FnUte\n" \
    "8gyWtW/McJ8XUrEEdLWTT+ksdQ/vmTLjn2Aba8Gt1PLzk0QOOMTgA8Rs/8/Rm16u\n" \
    "Pnlhz2KcyexksuolYgVcupy5AQR6zdd0mifhYeMCgYEAp5YUOiJ39mkaVp4S1R77\n" \
    "e+FwAyiPCOSUr52I1tXWQB4cYD7EJHLlrtFVQzEL+5Rkc1jNxDxbFzdxZXH8z/Rk\n" \
    "ESt6UboRkr4lJBuWM9Znk1fhs+C85xry0Lk+sf8T7+7ulSKR063nUhYaE8mwRrUM\n" \
    "0AM1o/FHoMbaD8hzh/PnOqMCgYEAvwEjQumIzElpOmSCspoFlo0wYKqXQ2mvnTYR\n" \
    "TZb4CzUsiHFXnWjTOAxRaR3v9Ve62tVviK1pJ9PQMz6g7A9VqDksPPzFE7nh+rSJ\n" \
    "7VbIejHx+JjJLpp3EhhjnnOdROwBMAox8eyps8H6z4T1d0Lzi4y9wi4gUKqsS8T3\n" \
    "/YvH7YkCgYBCgvW1q4G07UxLWNVio8sjCo/vKdhb95Qg37LDum55Wx4vUyIMn85H\n" \
    "KspwDIiRnwZ6urBoslnQsml02qyPWJ8lSdQH5Pg+WL0bmPFVEPmyOvB7bLPHtEfE\n" \
    "fNClmXc0W0A8TgeHpKr0MxhbLjZJYMRAsXRSgYJbwkz4EOozXoeMbw==\n" \
    "-----END RSA PRIVATE KEY-----\n"

#define RSA_PKCS8 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC6Py0dhHh0k46h\n" \
    "Zpt8u+poYcp9UjZ4IiYh7tC66QDcewYkSU+tsp3s0VtfAWpvzAdViBbht29eDG4i\n" \
    "Jb4YZQfpr4HwM32gU5RkwV/L/1i1VPjI76vueKsTZ/WrIE3h1YebtxB6y4y8BxJN\n" \
    "BXX4j7us6R7cQEdhuLI4MsT2v5ewG1ejgVcVYWDiQdjZC5+8WRvxh+eI8MX0QPTn\n" \
    "FfHH6OB31LDhQvD5UYnrIEV6qHE/fqd9wJ8I/plgzcLlHgpftIQLLPNe3ZPi50qH\n" \
    "AZljWyRi+L+uf+BR0vBZmg4P23f9DOzo0fMkAhl4PPhwuXFtLSDLKTT6iUrnZHdG\n" \
    "6BxjRVqpAgMBAAECggEABifm+yBaM3OjY18pRMd0ICEaL4w389DXa9EhWMDDqTzK\n" \
    "li1Ot5srC6+AW8caDxVW4CWQX3piOmEig1Rs4seHhZFhD2D44ZXdDVbq5T0Vzamt\n" \
    "wSDAkQuvs97uNjh8aDpYH9GZ5NdsELASk36RbTbGaWH04U+hcO/bcLfLuWJsD4NL\n" \
    "sa8eOxMPKI3X3MlwQfsUzTJnnjCMHiUlK3Q5wZTC5oLPe6UHjNzle7M3bEFP/Q34\n" \
    "PKTV+ROjnsc0Gbk7n3lcsxgZ4ycWlwAXHu/KCxU084nry8ZNggBnt8BoMj/N1JHT\n" \
    "+Bc3vaOewopuW/Bwcu5eFcWcyam723RnCKk+b2zXdQKBgQDdW4tgEZgvREeiI928\n" \
    "kwyry9OMc0ZovyMxsUdCk6kqPiy+xiiZ9Iahj2jJlYi+/J7kK7zj6tetFtgoWCLj\n" \
    "bXg9ilmV+Uyg1Mcwl0oCp7ZfUG/rSr1dLM9erCEEW87lmmwHyVhRGzYY+BdfP6yK\n" \
    "p0zYo1vm9d6g5aJObWjGyHwHAwKBgQDXZPRe/hiEcO7NVS33bBlgDvjjxLDlNEqr\n" \
    "HVSlB4xsPp6+vnjC8ulBqt3t60igTgWdS17yDJa1b8xwnxdSsQR0tZNP6Sx1D++Z\n" \
    "MuOfYBtrwa3U8vOTRA44xOADxGz/z9GbXq4+eWHPYpzJ7GSy6iViBVy6nLkBBHrN\n" \
    "13SaJ+Fh4wKBgQCnlhQ6Inf2aRpWnhLVHvt74XADKI8I5JSvnYjW1dZAHhxgPsQk\n" \
    "cuWu0VVDMQv7lGRzWM3EPFsXN3FlcfzP9GQRK3pRuhGSviUkG5Yz1meTV+Gz4Lzn\n" \
    "GvLQuT6x/xPv7u6VIpHTredSFhoTybBGtQzQAzWj8UegxtoPyHOH8+c6owKBgQC/\n" \
    "ASNC6YjMSWk6ZIKymgWWjTBgqpdDaa+dNhFNlvgLNSyIcVedaNM4DFFpHe/1V7ra\n" \
    "1W+IrWkn09AzPqDsD1WoOSw8/MUTueH6tIntVsh6MfH4mMkumncSGGOec51E7AEw\n" \
    "CjHx7KmzwfrPhPV3QvOLjL3CLiBQqqxLxPf9i8ftiQKBgEKC9bWrgbTtTEtY1WKj\n" \
    "yyMKj+8p2Fv3lCDfssO6bnlbHi9TIgyfzkcqynAMiJGfBnq6sGiyWdCyaXTarI9Y\n" \
    "nyVJ1Afk+D5YvRuY8VUQ+bI68Htss8e0R8R80KWZdzRbQDxOB4ekqvQzGFsuNklg\n" \
    "xECxdFKBglvCTPgQ6jNeh4xv\n" \
    "-----END PRIVATE KEY-----\n"

#define RSA_ENCRYPTED \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "Proc-Type: 4,ENCRYPTED\n" \
    "DEK-Info: AES-128-CBC,63682DD50ADA31500A5FCBA12328107C\n" \
    "\n" \
    "ajMLKm2qW58on91uzV/XBOHHiTwVP10AVpDHnQcyaqANpSQ22OdEBuxupdk/dARw\n" \
    "vXs5549Y0xnA015/y8/8AVUYLlLCFWg4/sr/nSN8s0GirnqDU0IgoE0OgGM2U1UT\n" \
    "UJ6fgqXbBFJzdp3kUKpb1g3M2/kmS+cr5gkd/ovDQv7P+la3itgoAXF+wPbWFnDS\n" \
    "Tuy0jZNybFTDAjEBtUIOeanLanqrmlZ3u0n43f/6bJu2MNVvNuznjUK22cs1x9gs\n" \
    "kmRtKc3dFPJDIF7zsRsRgatoHSubM5QGoY5oogwpL5tHNP49LfTObQgres40trgr\n" \
    "+17aaNzJNb1kS+qby/bvFvWRxDF5LkRj2oHZCy7DrW2p7MY4V3BgDCAHFOYHlCI1\n" \
    "BSFUz2cW+lfm6Jucro3igoFWOAlYWPIQowhIRl/RTl03xp+rbB5wWc4kTRxBTaYq\n" \
    "byv622LtW7A/vbCfxaRObRtE0kX98Xn01AAMmIiihVN0aKbE/DGNacyvJoIAfpLd\n" \
    "G6n8fEvOvuyqgTarKvmJXoB6u1qxalToq0fIfF5Lo+PdKP9/B39YwKd37t/pq+yT\n" \
    "WdzEgtZJcloxfb3AuG87ZxrebMd6v0ooWY48eWufm9wAIW4IGGn+JKyFTAd5DDUr\n" \
    "w0tyPRIijUv105og3pwkDLLaQga9rcOsmNi45dOcy/CgDDBiwkFFs/fRNbuYAl0l\n" \
    "WTSvSBMyBFLFfWNiv+Mf+Wgvc69ivVVbnc69ggZtYI+bMtBAyPqIQ5BIvgQbnE8n\n" \
    "U+KWwfI2R6WV8LY6ddvBqiSbh69waDM/jCcwQshyofQWp3Thp3hT43FCy7N4rknx\n" \
    "/zOWJfjFIn39PiScMQ1XoEQoJlUrgCYRv+mVvqvRmHbUosixiifK74Nqi4L6t7Z4\n" \
    "LxBUksMNzgK+9OtHaCarixO355wq6i7zixVFb3f666RHCHGThewmVospqirSDXBP\n" \
    "aRpOjkdy7+NWm+coV3o6AYTG4DJrZwKy/ds4nXjCWFuO5lQ4AF656Y0jtZZ5GSw2\n" \
    "xWjVjT5QC8xtIktyVgylMOfSiTyNYCt9NTcQ8zNFRi8B1ZhSa4zD9BVZyPGw4a2d\n" \
    "ImDqjNu7XjzpwrjgAhCRKz1eIbdBd8BQmmeyeSKdA5IgB61KqMYXLaKpLUOFXZAA\n" \
    "5RcJQQG/mfcFf0nJ5nrUQ3yYvedwrp6xJLELbx/smunIo+EsAnOWQwSLzaKyixzq\n" \
    "/6RK5t6IPVBBqTmHYL9vTGVytZa6Re0Acd9qYUUawhvaztceiR5G0H151a3WNEyZ\n" \
    "C2SvGIeZdPQQxaGlSXEgwq9+kYkrLAswmDdflt3XDrh3dChRnr7HLg6+1WCc0wV5\n" \
    "YC1HzL1pj7fvLI4nLZ64wdL3IfsfM1Dwa2jk3jKYoCzUhCVVAMwiAYvR0ZIIj4S3\n" \
    "Kc1E/n+u38hckgDNWuZ2FiZWaa4EgA/q1g7n5zolnOuun/SVYK1suHOnp0WmP8xi\n" \
    "QzaUqSZ+JP5Id6apX5D0apa6vrxbe56KrNkHRS3RKmOl7VWXgdStkFgoLOglS/CC\n" \
    "v4tb91L0YzR48FTApnpZdRb7IEXE+wIFBrn8dofIOKvQAuYwJrbr2GFmzJqIdiLS\n" \
    "-----END RSA PRIVATE KEY-----\n"

#define PKCS8_ENCRYPTED \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
    "MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI8gcFvQcAj2QCAggA\n" \
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBA+aDSSQVoQBK6e8Kz/vo6wBIIE\n" \
    "0D7aYyPE7AdIllI1s4Pv3sBC1jyIY4+JZ3a6BH98CddYZGnEcGFZ+750VsPwLY1+\n" \
    "eze+hTi7PcJ6sizZ6y81x5pQHf97BACMKAEiL5R88CV+PCfLNhqvafrMHJ2DeeUf\n" \
    "cYHFSaZiFDIRaT9WUt3rbWDnEhzn9BVOeR46R9ccFG4aIdP9+S47GeOK2wQ0fDKO\n" \
    "FLkEbIU84ezdX3bCvRoJpn+EFA9uFIFlJYn8UZ5LDQYqyoIfpcdyjObt5p1tcOc4\n" \
    "cTYeSb6GVQQ7Mu/43DC8jwhgEs0m6wPoQGk314sOH58oGrf0L6X4Dkz2WrTL4z2B\n" \
    "jL3lUzlCesm0DHSTUP8QL7V0KuW9Sb9GALCFtjoHGMf9RF8vE9fbIap31iCq/bo6\n" \
    "xyky7evZ9mua/uresvvaVKGLCG5nP9oJAa0P4Q6hq7u8pcvZI+mS5vyNDLjz43my\n" \
    "naUqsyN1flSfje0zUmyBg0OP7yA8D1f5bqcwcmIx1IVVCxIgUVXlmorJzUejMS0+\n" \
    "gOzB1109JQhEmdowBSEaMiJFcbSXij7225hwsDQQAS0U0pQkRxDvw1e+/VJdKeFU\n" \
    "EyLSPsBp8fxBsuKpabNic74B+Wl+J+0os9GxRcu3tJAjLQ6tEYD+3dYXbXFrAopH\n" \
    "x4ORr9xfDUW132HnSQULDSTBp7eCCwJtDlQXFuK8zYHmqDywVCBaP5OcFvSXdCHV\n" \
    "JJUKAkS2AYnVu3myNfhfJbQjReFGj9EGsAjfWthXl/kS+KDxUKkU3d6UOtWZ842B\n" \
    "MvLXnio0MI8n/9PE49Eq1V5w0E6U4oCTreYAQ42sVh7jKasxyBKTqYSFbh4lHF2F\n" \
    "pKjXmZ7OyE4fmHJYzNTM2Y3Cl+CB6F9ScdrIGJ+lIr6vu6vcBuNHCUtwAgNHxyJ4\n" \
    "nA4FKXnyJQ5JMcLgfFvNKtKSiB4BEXy0D9ucAlQtyKc8vxagqRe2dvHX71A1Gn5F\n" \
    "GgRPqSL2W5MBm6M2S72pBaMa8sR4VasdKmBxhOWZPuvJjjkVOHc1rokjy2k5J4W7\n" \
    "ve9db3TyN2fgKcmeFJ4o/Xx21+zhS7VnFbYZGG73SCaqzYPffZnzxqoftS8dArQ/\n" \
    "GMO+00cJhzZGEXkeE3TfH+UVQCoyF5CsZCY/FFXlKUpmaDmhXxcCgekZtH9Ek5aR\n" \
    "wpNFkWYU4G9oh0L02DCPngughR0N1vf52JPuntDwD8TpemlCnOavemCpNGCnyiZy\n" \
    "aBKOAy0CIZQf8O9IQP6pMn8ie/inoYm7iAZzLF+chr5xM5Pacob105DpIoc/gWWm\n" \
    "zMQfv3gqfcYHswymmiBEI3T6GKgf9KO3999QmOIz9Bk5RdJHmQUPR4Qmge4LJO2x\n" \
    "E4CZnGanJ2SUgiWSzKvrlByTSSqBSq1lIpoa1/aAk/M2IxcHCvzfPSxe2f7PuHjt\n" \
    "7804mP9puWqS94q2vECUvgybowMpuSzD/tJtewov/E/GY+EPXNrgUPzVEa9ILFyQ\n" \
    "VKkQL0mEQyKwRbkcHy9Jg6QJ+sxphMGPxzQSBJw6WVtIksJxKek914wcZ6qV2hAy\n" \
    "mVM0YOAwa4JV6xSkU537ZVJdkehSl6bsxs9PTcJe6v79eozseDutk6HTLHt8Acl9\n" \
    "eeYy10wIzbeCRWP0eNLdKrLILnBvoX2z0wtsSbknnpPv\n" \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#define P256_SEC1 \
    "-----BEGIN EC PARAMETERS-----\n" \
    "BggqhkjOPQMBBw==\n" \
    "-----END EC PARAMETERS-----\n" \
    "-----BEGIN EC PRIVATE KEY-----\n" \
    "MHcCAQEEICJ51Yfbbgy0eBS5pJ2MqtDq7/huFpFHEcq72Ieq+WZroAoGCCqGSM49\n" \
    "AwEHoUQDQgAEfFJXgwTVxVSAZxnZL9SCYNxWTxl19uS5TtMcqkWfD9xdruJkz5Vb\n" \
    "g7Y8xyY5Bbckto982rWX6F8caHtUj+NaMg==\n" \
    "-----END EC PRIVATE KEY-----\n"

#define P256_PKCS8 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgInnVh9tuDLR4FLmk\n" \
    "nYyq0Orv+G4WkUcRyrvYh6r5ZmuhRANCAAR8UleDBNXFVIBnGdkv1IJg3FZPGXX2\n" \
    "5LlO0xyqRZ8P3F2u4mTPlVuDtjzHJjkFtyS2j3zatZfoXxxoe1SP41oy\n" \
    "-----END PRIVATE KEY-----\n"

#define P384_SEC1 \
    "-----BEGIN EC PRIVATE KEY-----\n" \
    "MIGkAgEBBDCdyEC9S+Sgn6bXO1mvTcludQLrdjlZvjfSydBzvBsmNLBzeF2lT2RO\n" \
    "8p+yGyFg2NmgBwYFK4EEACKhZANiAATgUgA5AJiU3EjbqcwTuKOrNuEa4qDGeBC4\n" \
    "c62LAsvuAXhGfZHBxUcPf0R6L8u+XbxjEGzTZpjmX1ES6cl+YhOmWHdLpARsVahi\n" \
    "CJEV6JXuVc7aM0Er6DnpmPFTjjt0oe0=\n" \
    "-----END EC PRIVATE KEY-----\n"

#define ED25519_PKCS8 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MC4CAQAwBQYDK2VwBCIEIH8qO4TQFupKAKlDgF+x5IhB3LgpNNH406bJe6I/wJKm\n" \
    "-----END PRIVATE KEY-----\n"

#define RSA_1024 \
    "-----BEGIN RSA PRIVATE KEY-----\n" \
    "MIICXAIBAAKBgQCvbI2ZkegRnNqMOR8K2zYFrCKSXyVcTvqycF/Dv1fvI8GYQb3V\n" \
    "Ym7zSIsRrgvD4fkMfb66tlUVITA0W75xoL2nqYfFdR8+RMl5XuRlGkpa/WCQUodW\n" \
    "lEfGPy/yLhHrGxY87D4tMA0qS/BUylSxIUwLAUVSoEfqhOCdAzamOqO80wIDAQAB\n" \
    "AoGADHRrlUSrslxtk9kWYCHyMvLmvXet4mDlIbgixHYYWy0xuIqqXLURZYp3/Thb\n" \
    "M3wev4lJ+l2pqsdhccY1vkGIVXn3XynK/6XO9hupsTNVqiM7qNVe9mtgiGmYGTZn\n" \
    "hj+DfN7FxRe9EGe38jxgd+SrPQx+Nn3ak1Udez2q1jIjRFECQQDUMz1DAlMORF2J\n" \
    "L6QWbdkAUbiktJCVtsEt/55CdrcsGHN+NWzuX6we94NI2wV6ePvniiFGhvrcMV50\n" \
    "qKlNUCvpAkEA06ILriuVnXsLg9mRln4SCC7N8GgawkTi1rs0XgDzZSFOuYn/Dzei\n" \
    "xlfyjdDN+brPu/c38vnQlzLwQfcGgGt5WwJAa4yMwCmtbs23mpBK2hNSqJbCvrfF\n" \
    "kBvQTUABNi51KCQ8ZPsu+qIC2q8YGxTm8evfwLqBov1Gp9NdzEKvjD/WAQJAdblm\n" \
    "lfRYvcl8llOo0PZAQZ0HofvHJtn69Ugd0UzmGBN3H27MG0LvoTW7D3hfm9N3SzAy\n" \
    "R07/4ZvMWmV3kGg4kQJBANJziPwhztVox6mAJNiN5clxyHJgVxo5tCBFgPUepnCf\n" \
    "nuzUkeE7HgbrP85TP6vylCIwOGmqCEnfR7DSdubpY0Y=\n" \
    "-----END RSA PRIVATE KEY-----\n"

#define P521_SEC1 \
    "-----BEGIN EC PRIVATE KEY-----\n" \
    "MIHcAgEBBEIBJnFFxZfLMpjqggYPL4AhF+5Y3Fys+wRE0OyBH1ak9uYJMeUuwtF9\n" \
    "GbtMLtgIaTzR8o7x7yBFKYq05XHfZZHF4YygBwYFK4EEACOhgYkDgYYABAH0bRZH\n" \
    "E/gKg/BTDZsJHQ7jvLHwlVEBXK8Zk+1+3rh8ouy5V9NuAoPmF/yWNdtso92gC6ey\n" \
    "gefqgw/SnqoxHyL4QQCJ0ItSOxDB8KNNA3eU3T3+SP8F8PA/zsHSmzKgvN0gYP2X\n" \
    "tJKGlr/pH5aFURvn8UPYiekUI+6nk5dwlOln/ncI/w==\n" \
    "-----END EC PRIVATE KEY-----\n"

#define RSA_JWK \
    "{\"kty\":\"RSA\",\"n\":\"uj8tHYR4dJOOoWabfLvqaGHKfVI2eCImIe7QuukA3HsGJElPrbKd7NFbXwFqb8wHVYgW4bdvXgx" \
    "uIiW-GGUH6a-B8DN9oFOUZMFfy_9YtVT4yO-r7nirE2f1qyBN4dWHm7cQesuMvAcSTQV1-I-7rOke3EBHYbiyODLE9r-XsBtXo4F" \
    "XFWFg4kHY2QufvFkb8YfniPDF9ED05xXxx-jgd9Sw4ULw-VGJ6yBFeqhxP36nfcCfCP6ZYM3C5R4KX7SECyzzXt2T4udKhwGZY1s" \
    "kYvi_rn_gUdLwWZoOD9t3_Qzs6NHzJAIZeDz4cLlxbS0gyyk0-olK52R3RugcY0VaqQ\",\"e\":\"AQAB\",\"d\":\"Bifm-yB" \
    "aM3OjY18pRMd0ICEaL4w389DXa9EhWMDDqTzKli1Ot5srC6-AW8caDxVW4CWQX3piOmEig1Rs4seHhZFhD2D44ZXdDVbq5T0Vzam" \
    "twSDAkQuvs97uNjh8aDpYH9GZ5NdsELASk36RbTbGaWH04U-hcO_bcLfLuWJsD4NLsa8eOxMPKI3X3MlwQfsUzTJnnjCMHiUlK3Q" \
    "5wZTC5oLPe6UHjNzle7M3bEFP_Q34PKTV-ROjnsc0Gbk7n3lcsxgZ4ycWlwAXHu_KCxU084nry8ZNggBnt8BoMj_N1JHT-Bc3vaO" \
    "ewopuW_Bwcu5eFcWcyam723RnCKk-b2zXdQ\",\"p\":\"3VuLYBGYL0RHoiPdvJMMq8vTjHNGaL8jMbFHQpOpKj4svsYomfSGoY" \
    "9oyZWIvvye5Cu84-rXrRbYKFgi4214PYpZlflMoNTHMJdKAqe2X1Bv60q9XSzPXqwhBFvO5ZpsB8lYURs2GPgXXz-siqdM2KNb5v" \
    "XeoOWiTm1oxsh8BwM\",\"q\":\"12T0Xv4YhHDuzVUt92wZYA7448Sw5TRKqx1UpQeMbD6evr54wvLpQard7etIoE4FnUte8gyW" \
    "tW_McJ8XUrEEdLWTT-ksdQ_vmTLjn2Aba8Gt1PLzk0QOOMTgA8Rs_8_Rm16uPnlhz2KcyexksuolYgVcupy5AQR6zdd0mifhYeM\"" \
    ",\"dp\":\"p5YUOiJ39mkaVp4S1R77e-FwAyiPCOSUr52I1tXWQB4cYD7EJHLlrtFVQzEL-5Rkc1jNxDxbFzdxZXH8z_RkESt6Ub" \
    "oRkr4lJBuWM9Znk1fhs-C85xry0Lk-sf8T7-7ulSKR063nUhYaE8mwRrUM0AM1o_FHoMbaD8hzh_PnOqM\",\"dq\":\"vwEjQum" \
    "IzElpOmSCspoFlo0wYKqXQ2mvnTYRTZb4CzUsiHFXnWjTOAxRaR3v9Ve62tVviK1pJ9PQMz6g7A9VqDksPPzFE7nh-rSJ7VbIejH" \
    "x-JjJLpp3EhhjnnOdROwBMAox8eyps8H6z4T1d0Lzi4y9wi4gUKqsS8T3_YvH7Yk\",\"qi\":\"QoL1tauBtO1MS1jVYqPLIwqP" \
    "7ynYW_eUIN-yw7pueVseL1MiDJ_ORyrKcAyIkZ8GerqwaLJZ0LJpdNqsj1ifJUnUB-T4Pli9G5jxVRD5sjrwe2yzx7RHxHzQpZl3" \
    "NFtAPE4Hh6Sq9DMYWy42SWDEQLF0UoGCW8JM-BDqM16HjG8\"}"

#define P256_JWK \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"fFJXgwTVxVSAZxnZL9SCYNxWTxl19uS5TtMcqkWfD9w\",\"y\":\"Xa7i" \
    "ZM-VW4O2PMcmOQW3JLaPfNq1l-hfHGh7VI_jWjI\",\"d\":\"InnVh9tuDLR4FLmknYyq0Orv-G4WkUcRyrvYh6r5Zms\"}"

#define P384_JWK \
    "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"4FIAOQCYlNxI26nME7ijqzbhGuKgxngQuHOtiwLL7gF4Rn2RwcVHD39Eei" \
    "_Lvl28\",\"y\":\"YxBs02aY5l9REunJfmITplh3S6QEbFWoYgiRFeiV7lXO2jNBK-g56ZjxU447dKHt\",\"d\":\"nchAvUvk" \
    "oJ-m1ztZr03JbnUC63Y5Wb430snQc7wbJjSwc3hdpU9kTvKfshshYNjZ\"}"

#define ED25519_JWK \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"cRaT5fVacWc027SDMtXS3_1FR8_PrymH2jLv-g_Pwxw\",\"d\":\"f" \
    "yo7hNAW6koAqUOAX7HkiEHcuCk00fjTpsl7oj_AkqY\"}"

#define RSA_PUBLIC \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuj8tHYR4dJOOoWabfLvq\n" \
    "aGHKfVI2eCImIe7QuukA3HsGJElPrbKd7NFbXwFqb8wHVYgW4bdvXgxuIiW+GGUH\n" \
    "6a+B8DN9oFOUZMFfy/9YtVT4yO+r7nirE2f1qyBN4dWHm7cQesuMvAcSTQV1+I+7\n" \
    "rOke3EBHYbiyODLE9r+XsBtXo4FXFWFg4kHY2QufvFkb8YfniPDF9ED05xXxx+jg\n" \
    "d9Sw4ULw+VGJ6yBFeqhxP36nfcCfCP6ZYM3C5R4KX7SECyzzXt2T4udKhwGZY1sk\n" \
    "Yvi/rn/gUdLwWZoOD9t3/Qzs6NHzJAIZeDz4cLlxbS0gyyk0+olK52R3RugcY0Va\n" \
    "qQIDAQAB\n" \
    "-----END PUBLIC KEY-----\n"

#define P256_PUBLIC \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfFJXgwTVxVSAZxnZL9SCYNxWTxl1\n" \
    "9uS5TtMcqkWfD9xdruJkz5Vbg7Y8xyY5Bbckto982rWX6F8caHtUj+NaMg==\n" \
    "-----END PUBLIC KEY-----\n"

#define P384_PUBLIC \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE4FIAOQCYlNxI26nME7ijqzbhGuKgxngQ\n" \
    "uHOtiwLL7gF4Rn2RwcVHD39Eei/Lvl28YxBs02aY5l9REunJfmITplh3S6QEbFWo\n" \
    "YgiRFeiV7lXO2jNBK+g56ZjxU447dKHt\n" \
    "-----END PUBLIC KEY-----\n"

#define ED25519_PUBLIC \
    "-----BEGIN PUBLIC KEY-----\n" \
    "MCowBQYDK2VwAyEAcRaT5fVacWc027SDMtXS3/1FR8/PrymH2jLv+g/Pwxw=\n" \
    "-----END PUBLIC KEY-----\n"

#define RSA_PSS_PKCS8 \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIIEuwIBADALBgkqhkiG9w0BAQoEggSnMIIEowIBAAKCAQEAoVp7jf+2mpVBot28\n" \
    "jwA0q7Mew0csZw7kiJhwlGColhPNGvOdZl8Zyqgt17GjsUY6GI/ir6BeyBw91rks\n" \
    "vd5pV8FonDiXsvzHyoEpsB3XYxymh95TtWf3PfNPumFhN6N+jV0KUWYW6m1p3qu1\n" \
    "Cu9BtDHml1H0F55Wv8QCMRTqf+cygWjc7KKTvGK9Xk4DWe/vWqz8gV3QjEMg4+lz\n" \
    "RN0qiuTc/1rugav01yBZ1scXYUO3VwP+JaGl487bJSoUQYKUJmPS7Yodtvp0VeUY\n" \
    "+daggLk0UFUjryP/Gua5Bhlqvb9u6I+miSjI/Jd9nYTDGFD7C/+tZDFzD9D4OHqO\n" \
    "AekRYQIDAQABAoIBAAF/rmmfgDH35HPvlNaMNTEKGSVNtjEf34oQRm1uZ2p7dRqE\n" \
    "vEfM5tetz70y6ncVVKlRPtUMS40WzBFAR5Tc6cQVqRPYZ7pTJETyhbFb2ZoTVE2r\n" \
    "SEJFXLPP3IP57xX9+Ak2ncerR9e2G/dkR2p6VfUnSIHL0lVc1Gf0GWQc0l/NQXA2\n" \
    "jv4XI3pyX/kiTVKH32CgD0NSfWnE5O1+WessyEz1AFBWqpSYizNUejAegy/SHqrc\n" \
    "fJdCTBtjNa1y4ndmLWGSnhYNi+8e3bALHovm/99br7HC8cOOuvZCYvTglHOjssF9\n" \
    "S8KveHWZyLisrcHAM4FqIEC3zLmDzAL8TF4HVcUCgYEA1g3RZ7GkuhtX8ntyQkBd\n" \
    "FwznR10RpQap5CtYdn/bxljJcRNHrSKh0xmYi68OC0DLSjxNNddVFdtmbfdTIebK\n" \
    "FR6xVO1hfS7kM1Bvx4PAjMTECXyvQxz2g3DlPLV31mYKQr6+5+v6L2KPIDrgRw/1\n" \
    "3GTKG8WReu8hNYWUZUVGbo0CgYEAwPjm9R1/xCVcnrnzbXvlhLk+w2JuIl8YeJbO\n" \
    "bBhKrgD87JFadvvznR1xTJcUfWz72RWaT7g3K/kishR58HKhdZFsMjubwPKQ65X+\n" \
    "Kgbw2XHrQz1al0rLYqWMfIT46YN8O/WlvroaCb/HQcCsgOX+tGtwKbVPxsr+Y6T/\n" \
    "CFLJMyUCgYAhSrrkBtQZAgG2vA50UXBpEl+yUL5azWOFElzK6W30NoD2Lkp6miVT\n" \
    "IOsB5rMneudjX2ee1SPtp1cSCWKLpkqN6F0qWVVNVAq4FG2eOVasTjozQ4o6xPlu\n" \
    "ThPJUmwWE37LDMHCbohV8F1UZPPW+ZuCsMZidWMAHMsseN8wtQqUTQKBgGoNIFib\n" \
    "QqlYYyN0TDziN0wOxlh4ktBe9MLpFj6/xuMD9fxJEa+MXeD92lNeQEuCBpLSVYD0\n" \
    "W5XWEGRP7offZ66GIjElIz8Rz+U5BHqyX9EQ01ubr1qwJ0BqfN+98FHdCfylztYX\n" \
    "ztGGzQnsyqD4RVeAKB8z3skArHe0qNg5LwvlAoGBALRRhyZAeQ1V1vH2F9wqE990\n" \
    "RF3oFFLYNweWOsJ2FhcElGevl6k9koPGL7cKrDOB3imeLW9f3B7A1kmut8FIGpxh\n" \
    "D83Bi6uI0X91zWrqKGjzPyBWB/wBnhIn0fVfWA0Vs984tUJSC8JLmPyRs3sNLqOL\n" \
    "jkcbvWyPXYL48UtQblhD\n" \
    "-----END PRIVATE KEY-----\n"

/* The key of a PEM; `algorithm` NULL: that of its kind. */
static inline oauth_key *key_of(const char *pem, const char *algorithm) {
    oauth_error *error = NULL;
    oauth_key *key = NULL;
    CHECK_OK(oauth_key_from_pem((const uint8_t *)pem, strlen(pem), algorithm, &key, &error));
    return key;
}

/* A signer's function that never signs. */
static inline oauth_status never(void *user_data, const char *algorithm, const uint8_t *message, size_t length,
                                 oauth_signature *signature) {
    (void)user_data, (void)algorithm, (void)message, (void)length, (void)signature;
    return OAUTH_ERROR_CALLBACK;
}

#endif
