/* Memory that is filled when it is touched, protected pages, and the userfaultfd of a forked child. */
#include "check.h"

int main(void)
{
    paging_engine engine;
    paging_process process, child;
    paging_uffd uffd;
    paging_uffd_message message = { .size = sizeof message };
    paging_fault fault;
    uint8_t page[4096];
    uint64_t done;
    uint32_t value = 0;
    CHECK(paging_version() == PAGING_VERSION);
    CHECK(!paging_engine_create(NULL, &engine) && !paging_process_create(engine, "p", NULL, &process));
    uint32_t at = map(process, 8 * 4096, ANONYMOUS, -1);
    CHECK(paging_uffd_open(process, 1u << 30, 0, &uffd) == PAGING_BAD_ARGUMENT && uffd.any == 0);
    CHECK(!paging_uffd_open(process, PAGING_UFFD_FEATURE_WRITE_PROTECTION | PAGING_UFFD_FEATURE_FORK, 0, &uffd));
    CHECK(paging_uffd_register(uffd, at, 100, PAGING_UFFD_MODE_MISSING) == -PAGING_EINVAL);
    CHECK(!paging_uffd_register(uffd, at, 8 * 4096, PAGING_UFFD_MODE_MISSING | PAGING_UFFD_MODE_WRITE_PROTECT));
    CHECK(paging_uffd_read(uffd, &message) == -PAGING_EAGAIN);
    CHECK(paging_read(process, at + 4100, &value, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_PENDING);
    CHECK(!paging_uffd_read(uffd, &message) && message.event == PAGING_UFFD_EVENT_PAGE_FAULT && message.address == at + 4096);
    memset(page, 7, sizeof page);
    CHECK(!paging_uffd_copy(uffd, at + 4096, page, 4096, PAGING_UFFD_FILL_WRITE_PROTECT, &done) && done == 4096);
    CHECK(!paging_read(process, at + 4100, &value, 4, &fault) && value == 0x07070707);
    CHECK(paging_uffd_copy(uffd, at + 4096, page, 4096, 0, &done) == -PAGING_EEXIST && done == 0);
    CHECK(paging_write(process, at + 4100, &value, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_PENDING);
    CHECK(!paging_uffd_read(uffd, &message) && message.is_write && message.is_protected);
    CHECK(!paging_uffd_writeprotect(uffd, at + 4096, 4096, 0, 0) && !paging_write(process, at + 4100, &value, 4, &fault));
    CHECK(!paging_uffd_zeropage(uffd, at, 4096, 0, NULL) && !paging_read(process, at, &value, 4, NULL) && value == 0);
    CHECK(!paging_uffd_poison(uffd, at + 2 * 4096, 4096, 0, NULL));
    CHECK(paging_read(process, at + 2 * 4096, &value, 4, &fault) == -PAGING_EFAULT && fault.kind == PAGING_FAULT_BUS_ERROR);
    uint32_t other = map(process, 4096, ANONYMOUS, -1);
    value = 99;
    CHECK(!paging_write(process, other, &value, 4, NULL) && !paging_uffd_move(uffd, at + 3 * 4096, other, 4096, 0, 0, &done));
    CHECK(done == 4096 && !paging_read(process, at + 3 * 4096, &value, 4, NULL) && value == 99);
    CHECK(paging_uffd_continue(uffd, at + 4 * 4096, 4096, 0, NULL) == -PAGING_EINVAL && !paging_uffd_wake(uffd, at, 4096));
    CHECK(!paging_fork(process, &child) && !paging_uffd_read(uffd, &message) && message.event == PAGING_UFFD_EVENT_FORK);
    CHECK(message.child.any && !paging_uffd_unregister(message.child, at, 8 * 4096) && !paging_free(message.child));
    CHECK(!paging_read(child, at + 5 * 4096, &value, 4, NULL) && value == 0);
    CHECK(!paging_free(uffd) && paging_uffd_read(uffd, &message) == PAGING_BAD_HANDLE);
    CHECK(!paging_read(process, at + 5 * 4096, &value, 4, NULL) && paging_audit(engine, NULL, 0) == 0 && !paging_free(engine));
    return 0;
}
