using System.Buffers.Binary;
using Paging.Core;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>
/// Images that lie: each is refused by a number, and the program that asked goes on as if nothing had been; or, where Linux has
/// removed the old program before it looks, kills it.
/// </summary>
public sealed class HostileImageTests
{
    private const int SegmentsAt = 52, SegmentBytes = 32;

    [Theory]
    [InlineData(0, 0x7F454C47u, Errno.ENOEXEC)]         // magic
    [InlineData(16, 0x00030001u, Errno.ENOEXEC)]        // ET_REL
    [InlineData(16, 0x00030004u, Errno.ENOEXEC)]        // a core dump
    [InlineData(16, 0x003E0002u, Errno.ENOEXEC)]        // x86-64
    [InlineData(28, 0xFFFFFFF0u, Errno.ENOEXEC)]        // headers beyond the file
    [InlineData(40, 0x00210034u, Errno.ENOEXEC)]        // headers of 33 bytes
    [InlineData(44, 0x00280000u, Errno.ENOEXEC)]        // none
    [InlineData(44, 0x00280801u, Errno.ENOEXEC)]        // 2049
    [InlineData(44, 0x0028FFFFu, Errno.ENOEXEC)]        // 65535
    public void AWrongHeaderIsRefused(int at, uint word, Errno expected) => Refused(bytes => Put(bytes, at, word), expected);

    /// <summary>What load_elf_binary does not look at.</summary>
    [Theory]
    [InlineData(4, 0x00010102u)]                        // 64 bits
    [InlineData(4, 0x00010201u)]                        // big endian
    [InlineData(4, 0xFF000001u)]                        // another version and system
    [InlineData(20, 0xFFFFFFFFu)]                       // another version
    [InlineData(36, 0xFFFFFFFFu)]                       // flags
    [InlineData(SegmentsAt + 4, 0xFFFFF000u)]           // bytes beyond the file
    [InlineData(SegmentsAt + SegmentBytes + 8, 0x08048184u)]    // over the first segment
    public void AHeaderThatLinuxDoesNotReadIsIgnored(int at, uint word)
    {
        byte[] bytes = Images.BytesOf("gonzo");
        Put(bytes, at, word);
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        Assert.Equal(Errno.None, world.Loader.Execute(process, world.Image("ignored", bytes), world.Fixed, out _));
        world.Audit();
    }

    /// <summary>What it sees after its point of no return kills.</summary>
    [Theory]
    [InlineData(24, 0xC0000000u, Errno.EINVAL)]                         // entry in the kernel
    [InlineData(SegmentsAt + 4, 1u, Errno.EINVAL)]                      // offset and address disagree within the page
    [InlineData(SegmentsAt + 8, 0xBFFFF000u, Errno.EEXIST)]             // over the stack
    [InlineData(SegmentsAt + 8, 0xC0000000u, Errno.ENOMEM)]             // in the kernel
    [InlineData(SegmentsAt + 8, 0xFFFFF000u, Errno.ENOMEM)]             // past 4 GiB
    [InlineData(SegmentsAt + 8, 0u, Errno.EPERM)]                       // page 0
    [InlineData(SegmentsAt + 16, 0x10000u, Errno.EINVAL)]               // more of the file than of memory
    [InlineData(SegmentsAt + SegmentBytes + 20, 0xFFFFFFFFu, Errno.ENOMEM)]    // memory that wraps around
    [InlineData(SegmentsAt + SegmentBytes + 20, 0xB8000000u, Errno.ENOMEM)]    // up to the kernel
    [InlineData(SegmentsAt + SegmentBytes + 20, 0x60000000u, Errno.ENOMEM)]    // more than all RAM
    public void AWrongSegmentKills(int at, uint word, Errno expected) => Killed(bytes => Put(bytes, at, word), expected);

    [Fact]
    public void AFileThatEndsBeforeItsHeadersIsRefused()
    {
        byte[] whole = Images.BytesOf("gonzo");
        for (int length = 0; length < SegmentsAt + (3 * SegmentBytes); length += 7) Refused(whole[..length], Errno.ENOEXEC);
    }

    [Fact]
    public void AnImageWithoutSegmentsToLoadIsKilled() => Killed(static bytes =>
    {
        Put(bytes, SegmentsAt, 6);
        Put(bytes, SegmentsAt + SegmentBytes, 6);
    }, Errno.EINVAL);

    [Theory]
    [InlineData(16, 1u, Errno.ENOEXEC)]                 // a path of nothing
    [InlineData(16, 5000u, Errno.ENOEXEC)]              // a path longer than PATH_MAX
    [InlineData(16, 10u, Errno.ENOEXEC)]                // a path without its zero
    [InlineData(4, 0x00FF0000u, Errno.EIO)]             // a path beyond the file
    public void AWrongPathToTheInterpreterIsRefused(int at, uint word, Errno expected) => Refused("gonzo-pie", bytes =>
    {
        int interpreter = SegmentsAt;
        while (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(interpreter)) != 3) interpreter += SegmentBytes;
        Put(bytes, interpreter + at, word);
    }, expected);

    [Fact]
    public void AnInterpreterThatIsNoImageIsABadLibrary()
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        byte[] bytes = Images.BytesOf("gonzo-pie");
        "symbols.txt\0"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("/lib/interpreter.so"u8)));
        Assert.Equal(Errno.ELIBBAD, world.Loader.Execute(process, world.Image("bad", bytes), world.Fixed, out _));
        Assert.False(process.HasExited);
    }

    /// <summary>
    /// For any damage to headers: a number comes back, the audit is clean, and a refusal leaves the old program as it was.
    /// </summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void NoDamageToHeadersDoesMoreThanRefuseOrKill(int seed)
    {
        Random random = new(seed);
        uint[] words = [0, 1, 2, 3, 0xFFF, 0x1000, 0x7FFFFFFF, 0x80000000, 0xBFFFFFFF, 0xC0000000, 0xFFFFF000, 0xFFFFFFFF];
        string[] names = ["gonzo", "gonzo-pie", "gonzo-static-pie"];
        using World world = new((ulong)seed);
        for (int round = 0; round < 300; round++)
        {
            string name = names[random.Next(names.Length)];
            byte[] bytes = Images.BytesOf(name);
            int end = SegmentsAt + (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(44)) * SegmentBytes);
            for (int damage = random.Next(1, 5); damage > 0; damage--)
            {
                if (random.Next(2) == 0) bytes[random.Next(4, end)] = (byte)random.Next(256);
                else Put(bytes, random.Next(1, end / 4) * 4, words[random.Next(words.Length)]);
            }

            using UserProcess process = world.Execute("gonzo");
            string before = process.Memory.FormatMaps();
            using GuestFile file = world.Engine.Files.CreateMemoryFile("damaged");
            Assert.Equal(Errno.None, file.Write(0, bytes, out _));
            Errno error = world.Loader.Execute(process, ProgramImage.Of(file),
                new() { Files = world, IsRandomized = round % 2 == 0 }, out _);
            if (error == Errno.None) Assert.False(process.HasExited);
            else if (!process.HasExited) Assert.Equal(before, process.Memory.FormatMaps());
            if (round % 10 == 0) world.Audit();
        }
    }

    private static void Killed(Action<byte[]> damage, Errno expected)
    {
        byte[] bytes = Images.BytesOf("gonzo");
        damage(bytes);
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        Assert.Equal(expected, world.Loader.Execute(process, world.Image("hostile", bytes), world.Fixed, out _));
        Assert.True(process.HasExited);
        Assert.Equal(139, process.ExitCode);    // as after SIGSEGV
        world.Audit();
    }

    private static void Refused(Action<byte[]> damage, Errno expected) => Refused("gonzo", damage, expected);

    private static void Refused(string name, Action<byte[]> damage, Errno expected)
    {
        byte[] bytes = Images.BytesOf(name);
        damage(bytes);
        Refused(bytes, expected);
    }

    private static void Refused(byte[] bytes, Errno expected)
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo");
        process.Memory.Mmu.Write(Images.AddressOf("gonzo", "cntWorkerBees"), 12);
        string before = process.Memory.FormatSmaps();
        Assert.Equal(expected, world.Loader.Execute(process, world.Image("hostile", bytes), world.Fixed, out _));
        Assert.False(process.HasExited);
        Assert.Equal(before, process.Memory.FormatSmaps());
        Assert.Equal(12, process.Memory.Mmu.Read<int>(Images.AddressOf("gonzo", "cntWorkerBees")));
    }

    private static void Put(byte[] bytes, int at, uint word) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), word);
}
