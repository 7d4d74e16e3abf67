using Paging.Scripting.Calls;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Calls on files in memory with offsets and lengths at every edge, beside shared and private mappings of the file.</summary>
/// <remarks>As <see cref="EdgeArgumentTests"/>. Linux: mm/shmem.c shmem_file_read_iter, shmem_fallocate, shmem_setattr.</remarks>
public sealed class EdgeFileTests
{
    /// <summary>The bytes of the mappings up to the first page that is gone, the file's bytes, and the list of private copies.</summary>
    private const string Questions = """
        fsize(3)
        pread(3, 40000, 0)
        sum(0x2000b000, 0x4000)
        copyout(0x2000f000, 0x2000)
        copyout(0x20011000, 0x2000)
        pagemap(0x2000b000, 0x20013000)
        mincore(0x2000b000, 0x3000)
        maps(0x20000000, 0x20018000)
        """;

    private static readonly long[] Offsets =
        [0, 1, 0x7ff, 0xfff, 0x1000, 0x1001, 0x2000, 0x2fff, 0x3000, 12999, 13000, 13001, 0x4000, 0x5000, 0xffffffff, long.MaxValue, -1];

    private static readonly long[] Lengths = [0, 1, 0xfff, 0x1000, 0x1001, 0x2000, 0x3000, 13000, 0x4000, -1, long.MaxValue];

    /// <summary>Through a descriptor for reading and writing, for each of them alone, and through none.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(3, 20), InlineData(4, 20), InlineData(5, 0), InlineData(6, 0)]
    public void Reading(int descriptor, int succeededMin) => OfEachPart(succeededMin, Lengths[..9],
        (offset, length) => $"pread({descriptor}, {length}, {offset})");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(3, 20), InlineData(4, 0), InlineData(5, 20), InlineData(6, 0)]
    public void Writing(int descriptor, int succeededMin) => OfEachPart(succeededMin, Lengths[..9],
        (offset, length) => $"pwrite({descriptor}, {length}, {offset}, 7)");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(3, 20), InlineData(4, 0), InlineData(5, 20), InlineData(6, 0)]
    public void PunchingHoles(int descriptor, int succeededMin) => OfEachPart(succeededMin, Lengths,
        (offset, length) => $"punch({descriptor}, {offset}, {length})");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("0", 20), InlineData("FALLOC_FL_KEEP_SIZE", 20), InlineData("FALLOC_FL_PUNCH_HOLE", 0)]
    [InlineData("FALLOC_FL_ZERO_RANGE", 0)]
    [InlineData("FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE", 20), InlineData("FALLOC_FL_COLLAPSE_RANGE", 0), InlineData("0x40", 0)]
    public void Allocating(string mode, int succeededMin) => OfEachPart(succeededMin, Lengths,
        (offset, length) => $"fallocate(3, {mode}, {offset}, {length})", ScenarioHeader.Default with { HugePages = 0 });    // has fallocate

    [Theory]
    [InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public void Truncating(int descriptor) => OfEachPart(0, [0, 1, 0x1000, 12999, 13000, 13001], (offset, length) => $"""
        ftruncate({descriptor}, {length})
        ftruncate({descriptor}, {offset})
        """);

    /// <summary>Stores beyond the end of the file show when it grows, and are gone when its length is set.</summary>
    [Fact]
    public void StoresBehindTheEnd() => OfEachPart(20, [13000, 13500, 0x4000, 0x4001], static (offset, length) => $"""
        store32(0x2000dff0, 0x12345678)
        store(0x2000d2c8, 0x55)
        ftruncate(3, {length})
        pwrite(3, 5, {offset & 0xffff}, 9)
        """);

    private static void OfEachPart(
        int succeededMin, long[] lengths, Func<long, long, FormattableString> call, ScenarioHeader? header = null)
    {
        using EdgeScript script = new(EdgeScript.AreasOfEachKind, Questions, header);
        foreach (long offset in Offsets)
            foreach (long length in lengths) script.Try(call(offset, length));
        script.Finish(succeededMin);
    }
}
