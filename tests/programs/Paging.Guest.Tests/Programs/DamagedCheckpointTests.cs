using System.Buffers.Binary;
using System.Security.Cryptography;
using Paging.Core;

namespace Paging.Guest.Tests;

/// <summary>A damaged or forged checkpoint throws an error that names the problem, and has no other effect.</summary>
public sealed class DamagedCheckpointTests(BuiltPrograms programs)
{
    private const int HeaderByteLength = 16;

    [Trait("Category", "Medium")]
    [Fact]
    public void DamageIsFoundWhereverItIs()
    {
        using GuestRun home = new();
        byte[] whole = Save(home);
        Random random = new(1);
        for (int i = 0; i < 12; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            Assert.IsType<InvalidDataException>(FailureOf(home, damaged), exactMatch: false);
            Assert.IsType<InvalidDataException>(FailureOf(home, whole[..random.Next(whole.Length)]), exactMatch: false);
        }
    }

    [Fact]
    public void AnotherVersionIsNamed()
    {
        using GuestRun home = new();
        byte[] foreign = Save(home);
        foreign[8] = 77;
        Assert.Equal("The checkpoint has version 77; this program reads version 2.", FailureOf(home, foreign)!.Message);
        Assert.Equal("This is not a checkpoint: it does not begin like one.",
            FailureOf(home, "#!/bin/sh\necho hello, world"u8.ToArray())!.Message);
    }

    /// <summary>Forged records, with a checksum that fits.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AForgedCheckpointIsRefusedOrRunsAndBreaksNothing()
    {
        using GuestRun home = new();
        byte[] whole = Save(home);
        int records = BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(12));
        Random random = new(2);
        for (int i = 0; i < 40; i++)
        {
            byte[] hostile = [.. whole];
            for (int change = 0; change <= random.Next(3); change++)
                hostile[HeaderByteLength + random.Next(records)] = (byte)(random.Next(2) == 0 ? random.Next(256) : 0xFF);
            SHA256.HashData(hostile.AsSpan(0, HeaderByteLength + records), hostile.AsSpan(HeaderByteLength + records));
            Exception? failure = FailureOf(home, hostile);
            Assert.True(failure is null or InvalidDataException or FileNotFoundException or InvalidOperationException, $"{i}: {failure}");
        }
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AFileThatIsMissingOrHasChangedIsNamed()
    {
        using GuestRun home = new();
        byte[] whole = Save(home);
        File.AppendAllText(Path.Combine(home.Root, "files"), "longer");
        Assert.Equal("/files is another file than when the checkpoint was written.", FailureOf(home, whole)!.Message);
        File.Delete(Path.Combine(home.Root, "files"));
        Assert.Equal("The checkpoint needs /files, which cannot be opened here: ENOENT.", FailureOf(home, whole)!.Message);
    }

    [Fact]
    public void AMachineBeginsOnce()
    {
        using GuestRun home = new();
        byte[] whole = Save(home);
        using GuestKernel kernel = Make(home);
        Assert.Throws<InvalidOperationException>(() => kernel.Save(Stream.Null));
        kernel.Resume(GuestCheckpoint.Open(new MemoryStream(whole)));
        Assert.Throws<InvalidOperationException>(() => kernel.Resume(GuestCheckpoint.Open(new MemoryStream(whole))));
    }

    private byte[] Save(GuestRun home)
    {
        RequiredProcessor.Check();
        string program = home.Install(programs.Find("files"), "files");
        using GuestKernel kernel = Make(home, stepLimit: 40);
        Assert.Equal(Errno.None, kernel.Start(program, [], ["TMPDIR=/tmp"]));
        Assert.Equal(GuestEnd.LimitReached, kernel.Run().End);
        using MemoryStream stream = new();
        kernel.Save(stream);
        return stream.ToArray();
    }

    /// <summary>The exception of resuming, or of a few steps after it.</summary>
    private static Exception? FailureOf(GuestRun home, byte[] checkpoint)
    {
        using GuestKernel kernel = Make(home, stepLimit: 20);
        try
        {
            kernel.Resume(GuestCheckpoint.Open(new MemoryStream(checkpoint)));
            Assert.Empty(kernel.Engine.Audit().Findings);
        }
        catch (Exception failure) when (failure is not Xunit.Sdk.XunitException)
        {
            return failure;
        }

        kernel.Run();
        Assert.Empty(kernel.Engine.Audit().Findings);
        return null;
    }

    private static GuestKernel Make(GuestRun home, long? stepLimit = null) => new(new()
    {
        Engine = new() { RamBytes = 16 << 20 },
        Root = home.Root,
        WorkingDirectory = "/",
        StepLimit = stepLimit,
        StandardStreams = [-1, -1, -1],
    });
}
