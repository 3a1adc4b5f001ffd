// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * start.c - from the first line of C to the donor's entry point.
 *
 * Called by boot.S on the boot stack, with the first GiB mapped at 0 and where the image runs.  Until the amount
 * of memory was checked, nothing of the donor's part of the image may be touched: it may not be
 * there.
 */
#include "acpi.h"
#include "boot_info.h"
#include "core.h"
#include "image.h"

void start(uint32_t magic, unsigned long info) __noreturn;

struct ranges machine_ram;
bool donor_runs;
struct acpi machine_acpi;

static struct boot_info boot;
static char command_line[COMMAND_LINE_SIZE];
static struct hc_start_info start_info;

/* The end of all that was loaded, as a physical address. */
static uint64_t loaded_end(const struct image_note *note)
{
	uint64_t end = hc_pa(image_end);

	if (note->symbols_size && note->symbols_start + note->symbols_size > end)
		end = note->symbols_start + note->symbols_size;
	if (note->payload_size && note->payload_start + note->payload_size > end)
		end = note->payload_start + note->payload_size;
	return page_up(end);
}

static void read_acpi(void)
{
	const void *rsdp = boot.rsdp_copy;
	unsigned int size = boot.rsdp_copy_size;

	if (!size) {
		uint64_t address = boot.rsdp ? boot.rsdp : acpi_find_rsdp(firmware_at);

		/* Revision 1 has 20 bytes; the others are not looked at then. */
		rsdp = address ? firmware_at(address, sizeof(boot.rsdp_copy)) : NULL;
		size = rsdp ? sizeof(boot.rsdp_copy) : 0;
	}
	if (size)
		acpi_read(&machine_acpi, rsdp, size, firmware_at);
}

static unsigned long megabytes(uint64_t bytes)
{
	return (bytes + MIB - 1) / MIB;
}

/*
 * QEMU puts the image into memory before the firmware runs, and SeaBIOS works in what it takes for
 * free memory: in the half MiB below the part that it sets aside for its tables, which is 16 MiB at
 * the end of RAM, or 256 KiB if there are less than 33 MiB.  (It gives back what it did not need,
 * so the memory map does not tell.)  An image that reaches up there has been overwritten.
 */
#define FIRMWARE_LARGE		(33 * MIB)
#define FIRMWARE_SCRATCH	(16 * MIB + MIB / 2)

/*
 * Is there enough memory?  What firmware keeps for itself is counted as well, as users count: they
 * give a machine 16 MB, and 16 MB is what it has.
 */
static void check_memory(const struct image_note *note, bool loaded_before_firmware)
{
	uint64_t image = hc_pa(image_start), end = loaded_end(note);
	uint64_t need = note->memory_needed, has = ranges_total(&machine_ram);

	for (unsigned int i = 0; i < machine_ram.nr; i++)
		if (image >= machine_ram.range[i].start && image < machine_ram.range[i].end &&
		    has < machine_ram.range[i].end)
			has = machine_ram.range[i].end;
	has = (has + MIB - 1) & ~(MIB - 1);
	if (need < end + MIB)
		need = end + MIB;
	if (loaded_before_firmware && (has >= FIRMWARE_LARGE || need >= FIRMWARE_LARGE) &&
	    need < end + FIRMWARE_SCRATCH)
		need = end + FIRMWARE_SCRATCH;
	if (has >= need && ranges_hold(&machine_ram, image, end))
		return;
	if (has >= need)
		panic("the memory map has a hole in 0x%lx-0x%lx, where the image is", image, end);
	print("haunch: not enough memory: the machine has %lu MB, this image needs %lu MB; give it "
	      "at least %lu MB (haunch run -m %lu)\n",
	      megabytes(has), megabytes(need), megabytes(need), megabytes(need));
	read_acpi();
	hc_power_off(STATUS_MEMORY);
}

/* What bake has put into the image, behind the kernel: its beginning is below 1 GiB. */
static void read_payload(const struct image_note *note)
{
	const struct image_payload *payload = hc_va(note->payload_start);
	uint64_t size = note->payload_size;

	if (!size)
		return;
	if (size < sizeof(*payload) || note->payload_start > GIB - sizeof(*payload) ||
	    memcmp(payload->magic, IMAGE_PAYLOAD_MAGIC, sizeof(payload->magic)) ||
	    payload->version != IMAGE_PAYLOAD_VERSION)
		panic("the image is damaged: no payload at 0x%lx", note->payload_start);
	if (payload->command_line > size ||
	    payload->command_line_size > size - payload->command_line ||
	    note->payload_start + payload->command_line + payload->command_line_size > GIB ||
	    payload->initrd > size || payload->initrd_size > size - payload->initrd)
		panic("the image is damaged: its payload's parts are out of bounds");
	command_line_append(command_line, (const char *)payload + payload->command_line,
			    payload->command_line_size);
	if (payload->initrd_size) {
		boot.initrd = note->payload_start + payload->initrd;
		boot.initrd_size = payload->initrd_size;
	}
}

static void set_initrd(const struct image_note *note)
{
	uint64_t at = boot.initrd, aligned = page_down(at), size = boot.initrd_size;

	if (!size)
		return;
	if (!ranges_hold(&machine_ram, at, at + size)) {
		print("haunch: the initial file system at 0x%lx is not in RAM, ignored\n", at);
		return;
	}
	/* The boot loader was asked for whole pages; what is before is of no use by now. */
	if (at != aligned && ranges_hold(&machine_ram, aligned, at) &&
	    aligned >= page_up(hc_pa(image_end)) &&
	    aligned >= page_up(note->symbols_start + note->symbols_size)) {
		memmove(hc_va(aligned), hc_va(at), size);
		at = aligned;
	}
	start_info.initrd = hc_va(at);
	start_info.initrd_size = size;
}

/* Reserve memory for the page tables: beside all that was loaded, and mapped by boot.S. */
static uint64_t place_page_tables(const struct image_note *note, uint64_t size)
{
	struct ranges free = machine_ram;
	uint64_t found;

	ranges_remove(&free, 0, loaded_end(note));
	ranges_remove(&free, page_down(boot.initrd), page_up(boot.initrd + boot.initrd_size));
	found = ranges_find(&free, size, GIB);
	if (found == ~0ull)
		panic("no room for %lu KiB of page tables below 1 GiB", size / KIB);
	return found;
}

_Static_assert(RANGES_MAX == HC_RAM_MAX, "all ranges must fit into the start information");

static unsigned int tell_ranges(struct hc_ram *to, const struct ranges *set)
{
	for (unsigned int i = 0; i < set->nr; i++)
		to[i] = (struct hc_ram){ set->range[i].start,
					 set->range[i].end - set->range[i].start };
	return set->nr;
}

static void set_ram(const struct image_note *note, uint64_t pool, uint64_t pool_size)
{
	struct ranges ram = machine_ram;

	/* The lowest page stays out: physical address 0 is a favourite of bugs. */
	ranges_remove(&ram, 0, HC_PAGE_SIZE);
	ranges_remove(&ram, hc_pa(image_start), page_up(hc_pa(image_end)));
	ranges_remove(&ram, note->symbols_start, page_up(note->symbols_start + note->symbols_size));
	ranges_remove(&ram, pool, pool + pool_size);
	start_info.nr_ram = tell_ranges(start_info.ram, &ram);
	start_info.ram_total = ranges_total(&machine_ram);
}

/* The firmware's map may leave out what the core drives. */
static void set_reserved(void)
{
	static struct ranges reserved;
	unsigned int n = machine_acpi.ecam ? machine_acpi.ecam_last_bus + 1u : 0;

	/* Whole pages: what is left of one is no RAM either (boot_info.h). */
	for (unsigned int i = 0; i < boot.reserved.nr; i++)
		ranges_add(&reserved, page_down(boot.reserved.range[i].start),
			   page_up(boot.reserved.range[i].end));
	ranges_add(&reserved, machine_acpi.ecam, machine_acpi.ecam + n * MIB);
	irq_reserve(&reserved);
	start_info.nr_reserved = tell_ranges(start_info.reserved, &reserved);
}

void start(uint32_t magic, unsigned long info)
{
	struct image_note note;
	uint64_t pool, pool_size;
	const char *error;
	uint64_t random = 0;

	console_init();
	cpu_init();
	if (magic == MULTIBOOT2_MAGIC)
		error = boot_info_multiboot2(&boot, hc_va(info), MULTIBOOT2_SIZE);
	else
		error = boot_info_pvh(&boot, info, firmware_at);
	if (error)
		panic("%s", error);
	machine_ram = boot.ram;
	memcpy(&note, image_note, sizeof(note));
	check_memory(&note, magic != MULTIBOOT2_MAGIC);

	read_payload(&note);
	command_line_append(command_line, boot.command_line, strlen(boot.command_line));
	entropy_add(boot.command_line, strlen(boot.command_line));
	cpu_set_wall(!command_line_has(command_line, "wall=off"));
	pool_size = page_pool_size();
	pool = place_page_tables(&note, pool_size);
	if (!command_line_has(command_line, "nokaslr"))
		random = entropy_word();
	page_init(pool, pool_size, random);
	if (note.symbols_size)
		symbols_init(hc_va(note.symbols_start), note.symbols_size);
	set_initrd(&note);
	set_ram(&note, pool, pool_size);

	read_acpi();
	irq_init();
	set_reserved();
	time_init();
	fpu_init();
	start_info.command_line = command_line;
	cpu_describe(&start_info);
	start_info.entropy_bits = entropy_collect(start_info.entropy);
	donor_runs = true;
	donor_start(&start_info);
}
