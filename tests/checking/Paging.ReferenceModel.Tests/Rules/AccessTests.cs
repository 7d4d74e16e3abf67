namespace Paging.ReferenceModel.Tests;

/// <summary>The effects of one access (DIALECT section 4, Accesses).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class AccessTests
{
    [Fact]
    public void AStoreThatStraddlesIntoNothingChangesNothingYetItsLowerPageExists() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        faults() = 0
        store32(0x20000ffe, 0x41424344) = SIGSEGV SEGV_MAPERR 0x20001000
        pagemap(0x20000000, 0x20001000) = "a"
        load(0x20000ffe) = 0x00
        faults() = 1
        """);

    [Fact]
    public void WhenBothPagesFaultTheLowerOneIsReported() => Kernel.Agrees("""
        store32(0x20000ffe, 1) = SIGSEGV SEGV_MAPERR 0x20000ffe
        load32(0x20000ffe) = SIGSEGV SEGV_MAPERR 0x20000ffe
        load(0xc0000000) = SIGSEGV SEGV_MAPERR 0xc0000000
        """);

    [Fact]
    public void AFillStopsAtTheFirstByteThatCannotBeStored() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mprotect(0x20001000, 0x1000, PROT_READ) = 0
        fill(0x20000ff0, 0x100, 0x41) = SIGSEGV SEGV_ACCERR 0x20001000
        load(0x20000fff) = 0x41
        sum(0x20000ff0, 0x100) = crc32=0x339a8794
        copyin(0x20000ff0, 0x100, 1) = 16
        copyin(0x20001000, 0x100, 1) = -1 EFAULT
        copyout(0x20001ff0, 0x100) = 16 crc32=0xecbb4b55
        """);

    [Fact]
    public void WritableMemoryCanBeReadAndUnreadableMemoryCannotBeTouched() => Kernel.Agrees("""
        mmap(0x20000000, 0x3000, PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mprotect(0x20001000, 0x1000, PROT_EXEC) = 0
        mprotect(0x20002000, 0x1000, PROT_NONE) = 0
        load(0x20000000) = 0x00
        load(0x20001000) = 0x00
        store(0x20001000, 1) = SIGSEGV SEGV_ACCERR 0x20001000
        load(0x20002000) = SIGSEGV SEGV_ACCERR 0x20002000
        copyout(0x20002000, 1) = -1 EFAULT
        """);
}
