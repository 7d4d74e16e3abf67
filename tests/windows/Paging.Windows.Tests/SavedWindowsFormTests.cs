using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using Paging.Core;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>The saved form of processes of Windows: damaged, with values that no writer writes, and of earlier versions.</summary>
public sealed class SavedWindowsFormTests
{
    // The commit that added the form wrote it: SavedWorld without its image section.
    private const string Version1 =
        "G5/EoI7DuI170QxCdXYRQTWG7j2FUAN5HE9Ucp26hG1BmJARtWgUsIouSTS+sAGH6aCD4sbTgPuPt0D2AplyhIEsur/n8UQmNsMIbrqRwowD/BhgYLGGAQ"
        + "4w3eZ2fH5SIDiiQxQc9d7K1s6drft3Apbv/rPeed4F3MYgEkIG9oFOhFcpG19VQkKFLNsWoNM+AAGAAhT7ACQEwiUxwwTqAIWHhfNiDEeoGATQg16yAxmA"
        + "74KEf7RuDKIhuIYJNFTn1zCHhubDNSyjE4lruIcC/IR9NKAE4CEaGjUA52hASYBf/xGgM/776PeRGMifao05LA4CCZ0IdKAXCR1oeM8C7KwFPAgqKh8AoE"
        + "dQe4YIczu0SICCQTQ059ewjwRECAQ/4B4AQGAIgcAgAgU3r78FAsuYRMqlgAv6AIApdMA9ABhGoGACgS+ZIXjhPQCYROBrtA584B4ATCHwM1hEmh4R4NwD"
        + "ANaBWT2IubIA5x4AEDiLDwAWSwHeUsn5JuuOYguBgn0EXmaOcPFQv8KTkgLnHgAwDVxSrE3kjHsAwDMAwCACxzhgNNQ6wLkHABwCwzfcA4BjHKFln9EBtQ"
        + "ZhcfPjDA==";

    // Ticks of the start of 1601 and of the end of 9999.
    private const long FirstTime = 504_911_232_000_000_000, LastTime = 3_155_378_975_999_999_999;

    [Fact]
    public void EachDamagedByteIsRefused()
    {
        byte[] saved = SaveSmall();
        int header = HeaderLength(saved);
        (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (engine)
        using (machine)
        {
            for (int at = 0; at < saved.Length; at += at < header ? 1 : 61)
            {
                byte[] damaged = [.. saved];
                damaged[at] ^= 0x41;
                Assert.Throws<InvalidDataException>(() => machine.Load(new MemoryStream(damaged)));
            }

            for (int length = 0; length < saved.Length; length += 101)
                Assert.Throws<InvalidDataException>(() => machine.Load(new MemoryStream(saved, 0, length)));
            AssertEmpty(engine, machine);
            Assert.Single(machine.Load(new MemoryStream(saved)));
        }
    }

    /// <summary>Each byte changes, with checksums that fit: the processes are sound, or refused and nothing is left.</summary>
    [Fact]
    public void ForgedValuesBreakNoRule()
    {
        byte[] saved = SaveSmall();
        int header = HeaderLength(saved), loads = 0, refusals = 0;
        (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (engine)
        using (machine)
        {
            for (int at = 8; at < saved.Length - 4; at += IsPageContent(saved, at) ? 512 : 1)
            {
                if (at >= header && at < header + 4) continue;
                foreach (byte change in (ReadOnlySpan<byte>)[0x01, 0xC0])
                {
                    byte[] forged = [.. saved];
                    forged[at] ^= change;
                    Sign(forged, 0, header);
                    Sign(forged, header + 4, saved.Length - 4);
                    if (TryLoad(machine, forged, out IReadOnlyList<WindowsProcess> loaded)) loads++;
                    else refusals++;
                    SavedWorld.AssertClean(engine);
                    foreach (WindowsProcess process in loaded) process.Dispose();
                }
            }

            AssertEmpty(engine, machine);
        }

        Assert.True(loads > 100 && refusals > 100, $"{loads} loads, {refusals} refusals");
    }

    /// <summary>The clock begins in 1601 at the earliest, does not run backwards, and ends with the year 9999.</summary>
    [Theory]
    [InlineData(FirstTime, 0, true)]
    [InlineData(FirstTime - 1, 0, false)]
    [InlineData(FirstTime, -1, false)]
    [InlineData(FirstTime, LastTime - FirstTime, true)]
    [InlineData(FirstTime, LastTime - FirstTime + 1, false)]
    [InlineData(FirstTime, long.MaxValue, false)]
    [InlineData(LastTime, 0, true)]
    [InlineData(LastTime, 1, false)]
    [InlineData(LastTime + 1, 0, false)]
    [InlineData(LastTime + 1, -1, false)]
    public void TheClockIsInItsRange(long start, long upTime, bool isSound)
    {
        byte[] forged = SaveSmall();
        int header = HeaderLength(forged);
        BinaryPrimitives.WriteInt64LittleEndian(forged.AsSpan(12), start);
        BinaryPrimitives.WriteInt64LittleEndian(forged.AsSpan(20), upTime);
        Sign(forged, 0, header);
        Sign(forged, header + 4, forged.Length - 4);
        (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (engine)
        using (machine)
        {
            Exception? refusal = Record.Exception(() => machine.Load(new MemoryStream(forged)));
            Assert.Equal(isSound ? null : "The saved snapshot is damaged: the clock is out of its range.", refusal?.Message);
            SavedWorld.AssertClean(engine);
        }
    }

    [Fact]
    public void EveryAllocationOfALoadFailsOnce()
    {
        using SavedWorld world = new();
        byte[] saved = world.Save();
        for (int number = 1; ; number++)
        {
            (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
            using (engine)
            using (machine)
            {
                FaultInjection injection = engine.Parts.Machine.Injection;
                injection.FailAtAllocation = number;
                IReadOnlyList<WindowsProcess> loaded = [];
                Exception? refusal = Record.Exception(() => loaded = machine.Load(new MemoryStream(saved)));
                bool wasRefused = injection.FailAtAllocation == 0;
                injection.FailAtAllocation = 0;
                SavedWorld.AssertClean(engine);
                if (!wasRefused)
                {
                    Assert.True(number > 20);
                    Assert.Equal(2, loaded.Count);
                    return;
                }

                if (refusal is null) continue;    // a page of the cache that need not be mapped
                Assert.IsType<NoMemoryException>(refusal);
                AssertEmpty(engine, machine);
                Assert.Equal(2, machine.Load(new MemoryStream(saved)).Count);
            }
        }
    }

    [Fact]
    public void ARefusedStreamLeavesNothingAndTheProcessesAsTheyWere()
    {
        using SavedWorld world = new();
        Assert.Throws<IOException>(() => world.Machine.Save(new FullStream()));
        SavedWorld.AssertClean(world.Engine);
        Assert.NotEmpty(world.Save());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void AnotherVersionIsRefusedWithTheNumbers(byte version)
    {
        byte[] saved = SaveSmall();
        saved[8] = version;
        (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (engine)
        using (machine)
        {
            InvalidDataException refused = Assert.Throws<InvalidDataException>(() => machine.Load(new MemoryStream(saved)));
            Assert.Equal($"The saved processes of Windows have version {version}; this engine reads version 1.", refused.Message);
            using UserProcess linux = engine.CreateProcess("linux");
            using Snapshot snapshot = linux.TakeSnapshot();
            using MemoryStream stream = new();
            snapshot.Save(stream);
            stream.Position = 0;
            refused = Assert.Throws<InvalidDataException>(() => machine.Load(stream));
            Assert.Contains("SavedProcesses.Load", refused.Message, StringComparison.Ordinal);
            stream.SetLength(0);
            linux.Dispose();
            machine.Save(stream);
            stream.Position = 0;
            Assert.Throws<InvalidDataException>(() => engine.SavedProcesses.Load(stream));
        }
    }

    [Fact]
    public void TheFormOfVersion1IsLoaded()
    {
        using BrotliStream packed = new(new MemoryStream(Convert.FromBase64String(Version1)), CompressionMode.Decompress);
        MemoryStream bytes = new();
        packed.CopyTo(bytes);
        bytes.Position = 0;
        using SavedWorld world = new(withImage: false);
        (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (engine)
        using (machine)
        {
            IReadOnlyList<WindowsProcess> loaded = machine.Load(bytes);
            Assert.Equal(SavedWorld.Describe(world.First), SavedWorld.Describe(loaded[0]));
            Assert.Equal(SavedWorld.Describe(world.Second), SavedWorld.Describe(loaded[1]));
        }
    }

    /// <summary>A process with a section and a few pages.</summary>
    private static byte[] SaveSmall()
    {
        (PagingEngine engine, WindowsMachine machine) = SavedWorld.MakeEngine();
        using (engine)
        using (machine)
        {
            WindowsProcess process = machine.CreateProcess("small", new PageRange(new(0x20000), new(0x100)));
            AllocationTypes both = AllocationTypes.Reserve | AllocationTypes.Commit;
            Assert.Equal(Win32Error.Success, process.Memory.VirtualAlloc(
                default, 0x5000, both | AllocationTypes.WriteWatch, PageProtection.ReadWrite, out VirtualAddress at));
            Assert.True(process.Access.TryRead(at, out int _, out _));
            Assert.True(process.Access.TryFill(at + 0x1FF0, 0x20, 7, out _));
            Assert.Equal(Win32Error.Success, process.Memory.VirtualLock(at, 1));
            Assert.Equal(Win32Error.Success,
                process.Memory.VirtualProtect(at + 0x3000, 1, PageProtection.ReadOnly | PageProtection.Guard, out _));
            Assert.Equal(Win32Error.Success, process.Memory.VirtualFree(at + 0x4000, 1, AllocationTypes.Decommit));
            Assert.Equal(Win32Error.Success, process.Sections.CreateFileMapping(
                null, PageProtection.ReadWrite, SectionFlags.Reserve, 0x4000, "name", out SectionHandle handle));
            Assert.Equal(Win32Error.Success,
                process.Sections.MapViewOfFileEx(handle, SectionAccess.MapWrite, 0, 0x3000, default, out VirtualAddress view));
            Assert.Equal(Win32Error.Success,
                process.Memory.VirtualAlloc(view, 0x1000, AllocationTypes.Commit, PageProtection.ReadWrite, out _));
            Assert.True(process.Access.TryRead(view, out int _, out _));
            using MemoryStream stream = new();
            machine.Save(stream);
            return stream.ToArray();
        }
    }

    private static bool TryLoad(WindowsMachine machine, byte[] bytes, out IReadOnlyList<WindowsProcess> loaded)
    {
        loaded = [];
        try
        {
            loaded = machine.Load(new MemoryStream(bytes));
            return true;
        }
        catch (Exception refusal) when (
            refusal is InvalidDataException or FileNotFoundException or ArgumentException or NoMemoryException)
        {
            return false;
        }
    }

    private static void AssertEmpty(PagingEngine engine, WindowsMachine machine)
    {
        SavedWorld.AssertClean(engine);
        Assert.Empty(engine.Processes);
        Assert.Empty(machine.Sections);
        Assert.Equal(0, machine.Commitment.Committed);
    }

    /// <summary>The header ends where a checksum of all before it stands.</summary>
    private static int HeaderLength(byte[] saved)
    {
        uint checksum = uint.MaxValue;
        for (int at = 0; at < saved.Length; at++)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(saved.AsSpan(at)) == ~checksum) return at;
            checksum = BitOperations.Crc32C(checksum, saved[at]);
        }

        throw new InvalidOperationException("There is no checksum.");
    }

    private static bool IsPageContent(byte[] saved, int at) =>
        at + 512 < saved.Length && saved.AsSpan(at, 512).IndexOfAnyExcept((byte)0, (byte)7) < 0;

    private static void Sign(byte[] saved, int first, int end)
    {
        uint checksum = uint.MaxValue;
        foreach (byte value in saved.AsSpan(first, end - first)) checksum = BitOperations.Crc32C(checksum, value);
        BinaryPrimitives.WriteUInt32LittleEndian(saved.AsSpan(end), ~checksum);
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("full");
    }
}
