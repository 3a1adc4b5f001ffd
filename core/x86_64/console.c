// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * console.c - a serial port (16550), the VGA card's text screen, QEMU's debug port.
 *
 * Works from console_init() on, before there are page tables of our own, and to the very end.  No
 * device is required: what is not there is found out and left alone.
 */
#include "cpu.h"

/* ------------------------------------------------------------------ serial (PC16550D) */

#define SERIAL			0x3f8
#define SERIAL_LINE		4
#define SERIAL_DATA		(SERIAL + 0)
#define SERIAL_IER		(SERIAL + 1)
#define SERIAL_FCR		(SERIAL + 2)
#define SERIAL_LCR		(SERIAL + 3)
#define SERIAL_MCR		(SERIAL + 4)
#define SERIAL_LSR		(SERIAL + 5)
#define SERIAL_SCRATCH		(SERIAL + 7)

#define IER_RECEIVED		0x01
#define FCR_ENABLE_AND_CLEAR	0x07
#define LCR_8N1			0x03
#define LCR_DIVISOR		0x80
#define MCR_DTR_RTS_OUT2	0x0b	/* OUT2 lets the interrupt out on a PC */
#define LSR_RECEIVED		0x01
#define LSR_EMPTY		0x20	/* the FIFO */
#define LSR_SENT		0x40	/* and the shift register behind it */
#define FIFO_SIZE		16
/* Reads of LSR, some microsecond each: more than the 1.4 ms that a FIFO takes at 115200 baud. */
#define FIFO_WAIT		4000
/* How long the end waits for the last characters if nobody takes them: reads, and ns if there is a
 * clock.  A port that sends needs 1.4 ms, a reader on the host may be busy. */
#define SENT_READS		10000000
#define SENT_NS			60000000000ul

static bool serial_present;

static void serial_init(void)
{
	out8(SERIAL_SCRATCH, 0xa5);
	if (in8(SERIAL_SCRATCH) != 0xa5)
		return;
	out8(SERIAL_SCRATCH, 0x5a);
	if (in8(SERIAL_SCRATCH) != 0x5a || in8(SERIAL_LSR) == 0xff)
		return;
	serial_present = true;
	out8(SERIAL_IER, 0);
	out8(SERIAL_LCR, LCR_DIVISOR);
	out8(SERIAL_DATA, 1);			/* 115200 baud */
	out8(SERIAL_IER, 0);
	out8(SERIAL_LCR, LCR_8N1);
	out8(SERIAL_FCR, FCR_ENABLE_AND_CLEAR);
	out8(SERIAL_MCR, MCR_DTR_RTS_OUT2);
	out8(SERIAL_IER, IER_RECEIVED);
}

/* Returns how many characters were taken. */
static unsigned long serial_write(const char *text, unsigned long length)
{
	unsigned int room = 0;

	for (unsigned long i = 0; i < length; i++) {
		if (!room) {
			for (unsigned int wait = 0; !(in8(SERIAL_LSR) & LSR_EMPTY); wait++)
				if (wait == FIFO_WAIT)
					return i;
			room = FIFO_SIZE;
		}
		out8(SERIAL_DATA, (uint8_t)text[i]);
		room--;
	}
	return length;
}

/* ------------------------------------------------------------------ VGA text */

/*
 * The card has 32 KiB for text and shows the 4000 bytes from a start address on, so scrolling is to
 * move that address; only once in eight screens anything must be copied.
 */
#define VGA			0xb8000
#define VGA_SIZE		0x8000
#define VGA_COLUMNS		80
#define VGA_ROWS		25
#define VGA_LINES		(VGA_SIZE / 2 / VGA_COLUMNS)
#define VGA_BLANK		0x0720072007200720ul	/* four grey blanks on black */
#define VGA_GREY		0x0700
#define CRTC_INDEX		0x3d4
#define CRTC_DATA		0x3d5
#define CRTC_START_HIGH		0x0c
#define CRTC_CURSOR_HIGH	0x0e
#define MISC_OUTPUT		0x3cc
#define GRAPHICS_INDEX		0x3ce
#define GRAPHICS_DATA		0x3cf
#define GRAPHICS_MISC		6
#define TEXT_AT_B8000		0x0c	/* bits 3-2: where memory is; bit 0: graphics */

static bool vga_present;
static unsigned int vga_top, vga_line, vga_column;	/* lines count from the memory's start */

static void crtc_write(unsigned int reg, unsigned int value)
{
	out16(CRTC_INDEX, (uint16_t)(reg | (value & 0xff00)));
	out16(CRTC_INDEX, (uint16_t)((reg + 1) | (value & 0xff) << 8));
}

static volatile uint16_t *vga_cells(unsigned int line)
{
	return (volatile uint16_t *)hc_va(VGA) + line * VGA_COLUMNS;
}

static void vga_clear_line(unsigned int line)
{
	volatile uint64_t *cells = (volatile uint64_t *)vga_cells(line);

	for (unsigned int i = 0; i < VGA_COLUMNS / 4; i++)
		cells[i] = VGA_BLANK;
}

static void vga_init(void)
{
	/* Without a card all ports read as ones; in a graphics mode the text would be lost. */
	if (in8(MISC_OUTPUT) == 0xff)
		return;
	out8(GRAPHICS_INDEX, GRAPHICS_MISC);
	if ((in8(GRAPHICS_DATA) & 0x0d) != TEXT_AT_B8000)
		return;
	vga_present = true;
	for (unsigned int line = 0; line < VGA_ROWS; line++)
		vga_clear_line(line);
	crtc_write(CRTC_START_HIGH, 0);
}

static void vga_newline(void)
{
	vga_line++;
	if (vga_line < vga_top + VGA_ROWS)
		return;
	if (vga_line == VGA_LINES) {
		memmove((void *)vga_cells(0), (void *)vga_cells(vga_top + 1),
			(VGA_ROWS - 1) * VGA_COLUMNS * sizeof(uint16_t));
		vga_line = VGA_ROWS - 1;
		vga_top = 0;
	} else {
		vga_top++;
	}
	vga_clear_line(vga_line);
}

static void vga_put(unsigned char c)
{
	if (c == '\n') {
		vga_newline();
	} else if (c == '\r') {
		vga_column = 0;
	} else if (c == '\b') {
		vga_column -= vga_column != 0;
	} else if (c == '\t') {
		do
			vga_put(' ');
		while (vga_column % 8);
	} else if (c >= ' ') {
		if (vga_column == VGA_COLUMNS) {
			vga_column = 0;
			vga_newline();
		}
		vga_cells(vga_line)[vga_column++] = VGA_GREY | c;
	}
}

static void vga_write(const char *text, unsigned long length)
{
	unsigned int top = vga_top;

	while (length--)
		vga_put((unsigned char)*text++);
	if (vga_top != top)
		crtc_write(CRTC_START_HIGH, vga_top * VGA_COLUMNS);
	crtc_write(CRTC_CURSOR_HIGH, vga_line * VGA_COLUMNS + vga_column);
}

/* ------------------------------------------------------------------ the contract */

static bool debug_present;

void console_init(void)
{
	serial_init();
	vga_init();
	debug_present = !serial_present && in8(DEBUG_PORT) == DEBUG_PORT;
}

void console_map(void)
{
	if (vga_present && hc_memory_map_device(VGA, VGA_SIZE, HC_CACHE_COMBINE))
		vga_present = false;
}

unsigned long hc_console_write(const char *text, unsigned long length)
{
	unsigned long flags = irq_save();

	if (serial_present)
		length = serial_write(text, length);
	if (vga_present)
		vga_write(text, length);
	for (unsigned long i = 0; debug_present && i < length; i++)
		out8(DEBUG_PORT, (uint8_t)text[i]);
	irq_restore(flags);
	return length;
}

void console_drain(void)
{
	unsigned long start = hc_time_monotonic();

	for (unsigned int reads = 0; serial_present && !(in8(SERIAL_LSR) & LSR_SENT); reads++)
		if (start ? hc_time_monotonic() - start > SENT_NS : reads > SENT_READS)
			return;
}

int hc_console_read(void)
{
	if (!serial_present || !(in8(SERIAL_LSR) & LSR_RECEIVED))
		return -1;
	return in8(SERIAL_DATA);
}

int hc_console_irq(void)
{
	return serial_present ? SERIAL_LINE : -1;
}
