namespace Paging.ReferenceModel.Tests;

/// <summary>Where the kernel puts things (DIALECT section 5).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class PlacementTests
{
    [Fact]
    public void TheDownwardSearchSkipsEverythingAboveTheLineOfAGrowingArea() => Kernel.Agrees("""
        mmap(0xb7000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0xb7000000
        mmap(0xb6f00000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0xb6f00000
        mmap(0xb7001000, 0xff0000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0xb7001000
        mmap(0, 0x8000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb7ff8000
        mmap(0, 0x10000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb6ef0000
        mmap(0, 0x1000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb7ff7000
        """);

    [Fact]
    public void WhenNothingIsFoundBelowTheSearchGoesUpFromOneGibibyte() => Kernel.Agrees("""
        mmap(0x10000, 0xb7ff0000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_NORESERVE, -1, 0) = 0x00010000
        mmap(0, 0x1000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb8000000
        mmap(0, 0x7fef000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb8001000
        mmap(0, 0x1000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = -1 ENOMEM
        """);

    [Fact]
    public void AHintKeepsItsDistanceOnlyFromAGrowingArea() => Kernel.Agrees("""
        mmap(0x20200000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20200000
        mmap(0x200ff123, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x200ff000
        mmap(0x20100000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0xb7fff000
        mmap(0x20201000, 0x1000, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0x20201000
        mmap(0x1234, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x00010000
        mmap(0xfff, 0x1000, PROT_READ, MAP_SHARED|MAP_ANONYMOUS, -1, 0) = 0xb7ffe000
        mmap(0xbfff0000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0) = -1 EEXIST
        """);
}
