using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Worlds;

/// <summary>An engine with a file in memory, all of it cached, and a process that has it open.</summary>
internal sealed class CachedFile : IDisposable
{
    private readonly IDisposable _file;
    private readonly int _descriptor;

    /// <summary>Makes the file and fills it with <see cref="EngineWorld.FilledByte"/>.</summary>
    public CachedFile(uint byteLength, int faultAroundPages = 16)
    {
        World = new(byteLength, faultAroundPages: faultAroundPages);
        ByteLength = byteLength;
        var file = World.Engine.Files.CreateMemoryFile("bench", byteLength);
        EngineWorld.Require(file.Open(World.Process, FileRights.ReadWrite, out _descriptor), "open");
        _file = file;
        byte[] page = new byte[4096];
        page.AsSpan().Fill(EngineWorld.FilledByte);
        for (uint offset = 0; offset < byteLength; offset += 4096) EngineWorld.Require(Write(offset, page), "pwrite");
    }

    public EngineWorld World { get; }

    public uint ByteLength { get; }

    /// <summary>Maps all of it, to read.</summary>
    public VirtualAddress MapShared()
    {
        EngineWorld.Require(World.Space.Map(VirtualAddress.Zero, ByteLength, MemoryProtection.Read, MapFlags.Shared, _descriptor, 0,
            out VirtualAddress at), "mmap");
        return at;
    }

    /// <summary>pread(2) of a whole page.</summary>
    public Errno Read(uint offset, Span<byte> page) =>
        World.Process.FileDescriptors.Read(_descriptor, offset, page, out int count) is var error
            && count == page.Length ? error : Errno.EIO;

    /// <summary>pwrite(2) of a whole page.</summary>
    public Errno Write(uint offset, ReadOnlySpan<byte> page) =>
        World.Process.FileDescriptors.Write(_descriptor, offset, page, out int count) is var error
            && count == page.Length ? error : Errno.EIO;

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        World.Dispose();
    }
}
