/*
 * The fingerprint (digest.h), by libcrypto. Its first use reads the library's
 * configuration: call it once before walls go up.
 */
#include "base/digest.h"

#include <openssl/sha.h>

void digest_of(struct span bytes, char out[DIGEST_LENGTH])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	unsigned char hash[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)bytes.at, bytes.len, hash);
	for (unsigned i = 0; i < DIGEST_LENGTH; i++) {
		unsigned bit = i * 6, byte = bit / 8;
		unsigned pair = (unsigned)hash[byte] << 8 | hash[byte + 1];
		out[i] = alphabet[pair >> (10 - bit % 8) & 63];
	}
}
