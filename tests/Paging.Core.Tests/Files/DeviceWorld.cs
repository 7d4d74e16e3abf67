using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A world with one file on a device: the byte of page n is n + 0x10, and every call to the device is counted.</summary>
/// <remarks><code>
///   process ── descriptor ── page cache ── Faults (fails on request) ── Disk (loses what was not flushed)
/// </code></remarks>
internal sealed class DeviceWorld : IDisposable
{
    public DeviceWorld(int pageCount, uint ramMiB = 4, int tailBytes = 0, EngineOptions? options = null)
    {
        World = new(options ?? World.Options(ramMiB));
        byte[] content = new byte[(pageCount * 4096) + tailBytes];
        for (int i = 0; i < content.Length; i++) content[i] = ByteOfPage(i >> 12);
        Disk = new(content);
        Device = new(Disk);
        File = World.Engine.Files.CreateFile("scene.dat", Device);
        Descriptor = Open();
    }

    public World World { get; }
    public CrashingBacking Disk { get; }
    public FaultyBacking Device { get; }
    public GuestFile File { get; }

    /// <summary>The file, open for reading and writing in the first process.</summary>
    public int Descriptor { get; }

    public PagingEngine Engine => World.Engine;
    public ProcessDescriptors Calls => World.First.FileDescriptors;
    public CacheCounters Counters => World.Engine.Files.CacheCounters;

    public static byte ByteOfPage(int page) => (byte)(page + 0x10);

    public int Open(FileRights rights = FileRights.ReadWrite, OpenFlags flags = OpenFlags.None, UserProcess? process = null)
    {
        World.Succeeds(File.Open(process ?? World.First, rights, flags, out int descriptor));
        return descriptor;
    }

    /// <summary>Reads through a descriptor all at once.</summary>
    public byte[] Read(long offset, int byteCount, int? descriptor = null)
    {
        byte[] bytes = new byte[byteCount];
        World.Succeeds(Calls.Read(descriptor ?? Descriptor, offset, bytes, out int count));
        return bytes[..count];
    }

    public void Write(long offset, byte value, int byteCount = 1, int? descriptor = null)
    {
        byte[] bytes = new byte[byteCount];
        Array.Fill(bytes, value);
        World.Succeeds(Calls.Write(descriptor ?? Descriptor, offset, bytes, out int count));
        Assert.Equal(byteCount, count);
    }

    /// <summary>A byte that has reached the medium.</summary>
    public byte Durable(int offset) => Disk.Durable[offset];

    /// <summary>A byte read from the device itself, past the engine.</summary>
    public byte OnDevice(long offset)
    {
        Span<byte> one = stackalloc byte[1];
        World.Succeeds(Disk.Read(offset, one, out int count));
        Assert.Equal(1, count);
        return one[0];
    }

    /// <summary>The cached pages of the file from 0 on, as a picture: <c>##..#</c>.</summary>
    public string Cached(int pageCount) => string.Create(pageCount, File, static (text, file) =>
    {
        for (int page = 0; page < text.Length; page++) text[page] = file.IsCached(new((uint)page)) ? '#' : '.';
    });

    public void AssertNothingIsLeft()
    {
        World.Verify();
        World.First.Dispose();
        File.Dispose();
        World.AssertNothingIsLeft();
    }

    public void Dispose() => World.Dispose();
}
