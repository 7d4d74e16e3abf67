using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The last slot of a store in a file, and the one behind it.</summary>
public sealed class SwapStoreEdgeTests
{
    [Fact]
    public void TheLastSlotIsOneBelowTheCount()
    {
        string path = Path.Combine(Path.GetTempPath(), $"paging-slots-{Environment.ProcessId}-{Guid.NewGuid():N}");
        using FileSwapStore store = new(path, 3);
        EndsBehind(store, last: 2);
        Assert.Equal(3 * 4096, new FileInfo(path).Length);
    }

    [Fact]
    public void AStoreInMemoryEndsThereAsWell()
    {
        using MemorySwapStore store = new(1 << 20);
        EndsBehind(store, last: 255);
    }

    private static void EndsBehind(ISwapStore store, uint last)
    {
        byte[] page = new byte[4096], found = new byte[4096];
        page[4095] = 7;
        Assert.Equal(Errno.None, store.Write(last, page));
        Assert.Equal(Errno.None, store.Read(last, found));
        Assert.Equal(page, found);
        Assert.Equal(Errno.EIO, store.Write(last + 1, page));
        Assert.Equal(Errno.EIO, store.Read(last + 1, found));
        Assert.Equal(Errno.EIO, store.Write(uint.MaxValue, page));
    }
}
