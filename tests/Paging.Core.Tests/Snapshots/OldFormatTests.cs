using System.IO.Compression;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A process that an older engine has saved is loaded. Each version of the form has a recording, made by the engine of that time.
/// </summary>
public sealed class OldFormatTests
{
    // Commit 1fe49c30 wrote it: four written pages, of which one is read-only, a page of zeros, a guard, a private mapping of a file.
    private const string Version3 =
        "GxVRiI7DOBZ8QRoVr3jg/169b2QN8oAktCZItq6C/FOxWt1asdcWhuPvzHb88DLgwUB8kHgWSGIpBoXddYHiAwZ1skP4xFRBilzsJtP5ZnrcJHTxfFwHZ6NLKX5zMwBU"
        + "HTGiWJyKVVheMogivoYQswW8xYgUNXxZTEVpGxBQx/mBWf+38jdRxikTWrUHAEBU7QEAkFR7AABk1R4AYF4TBZyyqj57jIO0f+IDAD+8/kk=";

    // Commit 7f72b7a8 wrote it: four written pages, a memory file with a seal, shared anonymous memory, eight uninitialized bytes.
    private const string Version4 =
        "G09laI/DdGMvn1WJrU5GqOQ8wN/vPTd+ln+wHDZVgqwtmp/YdDiGiWXjOUbis+XxQ2KBBsKBZ55CwF0iAfHuXnAgA/Yhm+yMbi4Uo2dwtLG5fbB5epDRxP3NLGgt"
        + "jeAjV8MyoGg04+RfKdgC/K9EkEQ4AxKezm9DSMAYqGFydf02iT8mPgBIIKriuQsRkJTxDQgIIIv4BkREfPVkRMA6NvEwAq7xAQBbUkUZZ5mAtQcAILL2AAAk1h4A"
        + "gMzgAwAe4QAeAOf2X7x/Dg==";

    [Fact]
    public void AProcessOfVersion4IsLoaded()
    {
        using World world = new();
        UserProcess loaded = world.Engine.SavedProcesses.Load(Unpack(Version4));
        Assert.Equal(("of version 4", 21), (loaded.Name, loaded.OutOfMemoryScore));
        VirtualAddress at = new(0x2000_0000), ram = new(0x3000_0000), channel = new(0x4000_0000);
        Mmu mmu = loaded.Memory.Mmu;
        for (uint page = 0; page < 4; page++) Assert.Equal(0x0101_0101u * (page + 1), mmu.Read<uint>(at + (page << 12)));
        Assert.Equal((0x47u, 0u, 0x48u), (mmu.Read<uint>(ram + 0x2000), mmu.Read<uint>(ram), mmu.Read<uint>(channel + 0x1000)));
        Assert.Equal((ByteState.Uninitialized, ByteState.Good),
            (loaded.Memory.OpenByteShadow()[at + 0x17], loaded.Memory.OpenByteShadow()[at + 0x18]));
        AreaSnapshot area = loaded.Memory.Areas.Snapshot().Single(area => area.Range.First == ram.Page);
        using GuestFile file = world.Engine.Files.Find(area.ObjectId)!;
        Assert.Equal(("ram", 6L << 12, FileSeals.Shrink), (file.Name, file.ByteLength, file.Seals));
        world.Verify();
    }

    [Fact]
    public void AProcessOfVersion3IsLoaded()
    {
        using World world = new();
        using GuestFile file = world.CreateFile("a file", 2, first: 0x30);
        UserProcess loaded = world.Engine.SavedProcesses.Load(Unpack(Version3), name => name is "a file" ? file : null);
        Assert.Equal(("of version 3", -17), (loaded.Name, loaded.OutOfMemoryScore));
        VirtualAddress at = new(0x2000_0000), mapped = new(0x3000_0000);
        Mmu mmu = loaded.Memory.Mmu;
        for (uint page = 0; page < 4; page++) Assert.Equal(0x0101_0101u * (page + 1), mmu.Read<uint>(at + (page << 12)));
        Assert.False(mmu.TryWrite(at + (2u << 12), 1, out _));
        Assert.Equal(0u, mmu.Read<uint>(at + (5u << 12)));
        Assert.False(mmu.TryRead(at + (6u << 12), out int _, out MemoryFault guard));
        Assert.Equal(MemoryFaultKind.NotMapped, guard.Kind);
        Assert.Equal((0x3030_3030u, 0x99u), (mmu.Read<uint>(mapped), mmu.Read<uint>(mapped + 4096)));
        world.Verify();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    public void AnotherVersionIsRefusedWithTheNumbers(byte version)
    {
        using World world = new();
        byte[] bytes = Unpack(Version3).ToArray();
        bytes[8] = version;
        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => world.Engine.SavedProcesses.Load(new MemoryStream(bytes)));
        Assert.Equal($"The saved snapshot has version {version}; this engine reads versions 3 to 5.", refused.Message);
    }

    private static MemoryStream Unpack(string recording)
    {
        using BrotliStream packed = new(new MemoryStream(Convert.FromBase64String(recording)), CompressionMode.Decompress);
        MemoryStream bytes = new();
        packed.CopyTo(bytes);
        bytes.Position = 0;
        return bytes;
    }
}
