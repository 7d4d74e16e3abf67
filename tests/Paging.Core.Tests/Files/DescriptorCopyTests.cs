using Xunit;

namespace Paging.Core.Tests;

/// <summary>read(2) and write(2) between a file and a process's memory that ends in a hole, beside plain arrays of bytes.</summary>
/// <remarks>
/// Each byte before the hole is copied, and none after it. EFAULT only if there is no such byte, and some to copy. The position moves by
/// what was copied. A write that copies nothing still makes the file reach to its position. Linux: mm/filemap.c filemap_read,
/// generic_perform_write.
/// </remarks>
public sealed class DescriptorCopyTests
{
    private const int MemoryBytes = 3 * 4096, FileBytes = 10_000;

    private static readonly uint[] Lengths = [0, 1, 95, 96, 97, 4095, 4096, 4097, 5000, 8192, 9000, 13_000];
    private static readonly int[] Offsets = [0, 100, 4095, MemoryBytes - 96, MemoryBytes];

    public static TheoryData<long> Positions => [0, 1, 4095, 4096, 5000, 8192, FileBytes - 1, FileBytes, FileBytes + 5000];

    [Theory, MemberData(nameof(Positions))]
    public void WritingTakesTheMappedBytes(long position)
    {
        using World world = new();
        Files calls = new(world);
        foreach (uint length in Lengths)
        {
            foreach (int offset in Offsets)
            {
                GuestFile file = calls.Begin(position, out int descriptor, out byte[] memory, out byte[] content);
                uint expected = (uint)Math.Min(length, MemoryBytes - offset);
                Errno error = world.First.FileDescriptors.WriteFrom(descriptor, World.At(0, offset), length, out uint count);
                Assert.Equal((length > 0 && expected == 0 ? Errno.EFAULT : Errno.None, expected), (error, count));
                if (length != 0) Array.Resize(ref content, (int)Math.Max(content.Length, position + expected));
                memory.AsSpan(offset, (int)expected).CopyTo(content.AsSpan(expected == 0 ? 0 : (int)position));
                calls.End(file, descriptor, position + expected, memory, content);
            }
        }

        world.Verify();
    }

    [Theory, MemberData(nameof(Positions))]
    public void ReadingFillsTheMappedBytes(long position)
    {
        using World world = new();
        Files calls = new(world);
        foreach (uint length in Lengths)
        {
            foreach (int offset in Offsets)
            {
                GuestFile file = calls.Begin(position, out int descriptor, out byte[] memory, out byte[] content);
                long wanted = Math.Min(length, Math.Max(0, content.Length - position));
                uint expected = (uint)Math.Min(wanted, MemoryBytes - offset);
                Errno error = world.First.FileDescriptors.ReadTo(descriptor, World.At(0, offset), length, out uint count);
                Assert.Equal((wanted > 0 && expected == 0 ? Errno.EFAULT : Errno.None, expected), (error, count));
                if (expected != 0) content.AsSpan((int)position, (int)expected).CopyTo(memory.AsSpan(offset));
                calls.End(file, descriptor, position + expected, memory, content);
            }
        }

        world.Verify();
    }

    [Fact]
    public void EachNeedsTheRightToIt()
    {
        using World world = new();
        GuestFile file = world.CreateFile("f", 1);
        world.Map(0, 1);
        World.Succeeds(file.Open(world.First, FileRights.Read, out int reads));
        World.Succeeds(file.Open(world.First, FileRights.Write, out int writes));
        Assert.Equal(Errno.EBADF, world.First.FileDescriptors.WriteFrom(reads, World.At(0), 1, out _));
        Assert.Equal(Errno.EBADF, world.First.FileDescriptors.ReadTo(writes, World.At(0), 1, out _));
        Assert.Equal(Errno.EBADF, world.First.FileDescriptors.ReadTo(writes + 1, World.At(0), 1, out _));
        World.Succeeds(world.First.FileDescriptors.WriteFrom(writes, World.At(0), 1, out _));
        World.Succeeds(world.First.FileDescriptors.ReadTo(reads, World.At(0), 1, out _));
    }

    /// <summary>The same file and memory for each call, and their bytes as they should be.</summary>
    private sealed class Files
    {
        private readonly World _world;

        public Files(World world)
        {
            _world = world;
            world.Map(0, 3);
        }

        public GuestFile Begin(long position, out int descriptor, out byte[] memory, out byte[] content)
        {
            memory = [.. Enumerable.Range(0, MemoryBytes).Select(static at => (byte)(at * 7 % 251))];
            content = [.. Enumerable.Range(0, FileBytes).Select(static at => (byte)(at * 13 % 241))];
            Assert.Equal(MemoryBytes, _world.Mmu.CopyIn(World.At(0), memory, out _));
            GuestFile file = _world.Engine.Files.CreateMemoryFile("f");
            World.Succeeds(file.Write(0, content, out _));
            World.Succeeds(file.Open(_world.First, FileRights.ReadWrite, out descriptor));
            World.Succeeds(_world.First.FileDescriptors.Seek(descriptor, position, SeekOrigin.Begin, out _));
            return file;
        }

        public void End(GuestFile file, int descriptor, long position, byte[] memory, byte[] content)
        {
            World.Succeeds(_world.First.FileDescriptors.Seek(descriptor, 0, SeekOrigin.Current, out long found));
            Assert.Equal((position, content.Length), (found, file.ByteLength));
            byte[] bytes = new byte[content.Length];
            World.Succeeds(file.Read(0, bytes, out _));
            Assert.True(content.AsSpan().SequenceEqual(bytes));
            bytes = new byte[MemoryBytes];
            Assert.Equal(MemoryBytes, _world.Mmu.CopyOut(World.At(0), bytes, out _));
            Assert.True(memory.AsSpan().SequenceEqual(bytes));
            World.Succeeds(_world.First.FileDescriptors.Close(descriptor));
            file.Dispose();
        }
    }
}
