using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A backing that throws while it searches for data or reserves storage: the call itself throws, and no later one.</summary>
public sealed class ThrowingSearchTests
{
    [Fact]
    public void TheExceptionReachesTheCallThatCausedIt()
    {
        using World world = new();
        using Throwing disk = new();
        using GuestFile file = world.Engine.Files.CreateFile("clean", disk);    // dirty pages are all data: no backing is asked
        int descriptor = world.Open(file);
        Assert.Equal(Errno.None, file.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
        using (open)
        {
            Assert.Throws<TimeoutException>(() => world.First.FileDescriptors.SeekExtent(descriptor, 0, FileExtent.Data, out _));
            Assert.Throws<TimeoutException>(() => open!.SeekExtent(0, FileExtent.Data, out _));
            Assert.Throws<TimeoutException>(() => open!.Allocate(AllocationFlags.KeepSize, 0, 4096));
        }

        world.Verify();
    }

    private sealed class Throwing : IFileBacking
    {
        private readonly ByteBacking _bytes = new(4096);

        public long ByteLength => _bytes.ByteLength;

        public Errno Read(long offset, Span<byte> destination, out int byteCount) => _bytes.Read(offset, destination, out byteCount);

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) => _bytes.Write(offset, source, out byteCount);

        public Errno SetLength(long byteLength) => _bytes.SetLength(byteLength);

        public Errno Allocate(long offset, long byteLength) => throw new TimeoutException();

        public Errno FindExtent(long offset, FileExtent wanted, out long found) => throw new TimeoutException();

        public Errno Flush() => _bytes.Flush();

        public void Dispose() => _bytes.Dispose();
    }
}
