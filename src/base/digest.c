/*
 * The fingerprint (digest.h), by libcrypto: its interface of 1.1, which is the
 * sum and nothing else. That of 3.0 sets up the whole library at the first
 * call, reading a configuration: 1.2 ms of each start, and a file to open.
 */
#define OPENSSL_API_COMPAT 0x10101000L

#include "base/digest.h"

#include <openssl/sha.h>

void digest_of(struct span bytes, char out[DIGEST_LENGTH])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256_CTX sum;

	SHA256_Init(&sum);
	SHA256_Update(&sum, bytes.at, bytes.len);
	SHA256_Final(hash, &sum);
	for (unsigned i = 0; i < DIGEST_LENGTH; i++) {
		unsigned bit = i * 6, byte = bit / 8;
		unsigned pair = (unsigned)hash[byte] << 8 | hash[byte + 1];
		out[i] = alphabet[pair >> (10 - bit % 8) & 63];
	}
}
