/*
 * QR codes by libqrencode (qr.h).
 */
#include "server/qr.h"

#include <errno.h>
#include <qrencode.h>

/* The lowest bit of a module (qrencode.h). */
#define DARK 1

int qr_encode(const char *url, struct qr *out)
{
	/* A screen has no scratches: the lowest level of correction, and in
	 * return fewer and larger cells. */
	QRcode *code = QRcode_encodeString(
		url, 0, QR_ECLEVEL_L, QR_MODE_8, true);

	if (code == NULL)
		return -errno;
	if (code->width > QR_SIDE_MAX) {
		QRcode_free(code);
		return -ERANGE;
	}
	out->side = (unsigned)code->width;
	for (unsigned i = 0; i < out->side * out->side; i++)
		out->cells[i] = (code->data[i] & DARK) != 0;
	QRcode_free(code);
	return 0;
}
