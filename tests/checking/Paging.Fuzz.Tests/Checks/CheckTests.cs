using Paging.Core;
using Paging.Core.Files;
using Paging.Native;
using Paging.Scripting.Engine;
using Paging.Testing.Checks;
using Paging.Testing.Generating;
using Paging.Testing.Randomness;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>Checks that embedders use must fail where something is wrong.</summary>
public sealed class CheckTests
{
    [Fact]
    public void AStorageThatLosesAByteIsFound()
    {
        FileBackingCheck.Run(new MemoryBacking(new byte[5000]), 1);
        CheckFailedException failure = Assert.Throws<CheckFailedException>(() => FileBackingCheck.Run(new Forgetful(), 1));
        Assert.Contains("expected", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAuditThatFindsSomethingThrows()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        using UserProcess process = engine.CreateProcess("p");
        EngineAssert.IsSound(engine);
        Assert.Throws<CheckFailedException>(() => EngineAssert.NothingIsLeft(engine));    // its directory is held
    }

    /// <summary>A file lives as long as the host holds it, which is a leak unless the caller says otherwise. A pin is one.</summary>
    [Fact]
    public void FilesAreCountedUnlessTheCallerSaysOtherwiseAndPinsAlways()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        UserProcess process = engine.CreateProcess("p");
        GuestFile file = engine.Files.CreateMemoryFile("kept", 8192);
        Assert.Equal(Errno.None, file.Write(0, new byte[100], out _));
        VirtualAddress at = process.Memory.MapAnonymous(4096);
        process.Memory.Mmu.Write(at, 1);
        PinnedMemory pin = process.Pin(at, 4096, AccessKind.Read);
        process.Dispose();
        CheckFailedException pinned = Assert.Throws<CheckFailedException>(() => EngineAssert.NothingIsLeft(engine));
        Assert.Contains("L1", pinned.Message, StringComparison.Ordinal);
        pin.Dispose();
        EngineAssert.NothingIsLeft(engine, countsFiles: false);
        CheckFailedException left = Assert.Throws<CheckFailedException>(() => EngineAssert.NothingIsLeft(engine));
        Assert.Contains("L5", left.Message, StringComparison.Ordinal);
        Assert.Contains("cached pages", left.Message, StringComparison.Ordinal);
        file.Dispose();
        EngineAssert.NothingIsLeft(engine);
    }

    [Fact]
    public void EachAllocationOfAnOperationFailsOnce()
    {
        int count = FailureInjection.EachAllocationFailsOnce(
            static () => new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false }),
            static engine =>
            {
                GuestFile file = engine.Files.CreateMemoryFile("file");
                _ = file.Write(0, new byte[10_000], out int _);
                file.Dispose();
            });
        Assert.True(count >= 3);    // three pages, and the search for them
        Assert.Throws<CheckFailedException>(static () => FailureInjection.EachAllocationFailsOnce(
            static () => new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false }),
            static engine => engine.CreateProcess("p").Memory.Mmu.Read<byte>(default)));
    }

    /// <summary>The calls of the README end with exceptions; those are allowed where an allocation was refused, and nowhere else.</summary>
    [Fact]
    public void RefusalsOfTheEnginesOwnCallsAreAllowed()
    {
        int count = FailureInjection.EachAllocationFailsOnce(NewEngine, static engine =>
        {
            using UserProcess process = engine.CreateProcess("p");
            VirtualAddress at = process.Memory.MapAnonymous(8192);
            process.Memory.Mmu.Write(at, 1);
            using UserProcess child = process.Fork();
            child.Memory.Mmu.Write(at, 2);
        });
        Assert.True(count >= 6);    // two directories, two tables, two pages
        Refused(static engine => throw new InvalidOperationException("before any allocation"), "before any allocation");
        Refused(static engine =>
        {
            using UserProcess process = engine.CreateProcess("p");
            throw new NotSupportedException("a mistake");
        }, "a mistake");
        _ = FailureInjection.EachAllocationFailsOnce(NewEngine, static engine =>
        {
            try { engine.CreateProcess("p").Dispose(); }
            catch (InvalidOperationException failure) { throw new IOException("mine", failure); }
        }, static failure => failure is IOException);

        static void Refused(Action<PagingEngine> operation, string message) => Assert.Contains(message,
            Assert.Throws<CheckFailedException>(() => FailureInjection.EachAllocationFailsOnce(NewEngine, operation)).Message,
            StringComparison.Ordinal);

        static PagingEngine NewEngine() => new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
    }

    [Fact]
    public void OptionsOfAMachineNeedNoTypeName()
    {
        using EngineMachine machine = new(new());
        Assert.NotNull(machine.Engine);
    }

    [Fact]
    public void RecordingsHaveNames()
    {
        Assert.NotEmpty(RecordingLibrary.Names("hand-*"));
        Assert.All(RecordingLibrary.Names("hand-*"), static name => Assert.StartsWith("hand-", name, StringComparison.Ordinal));
        Assert.Empty(RecordingLibrary.Names("none of this name"));
        Assert.Throws<ArgumentException>(static () => RecordingLibrary.Get("none of this name"));
        Assert.Throws<ArgumentNullException>(static () => RecordingLibrary.Get(null!));
    }

    [Fact]
    public void NumbersOfCallsAreNotNegative()
    {
        Generator<ulong> numbers = new(static random => random.Next());
        Assert.Throws<ArgumentOutOfRangeException>(() => numbers.Check(-1, static _ => { }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => FileBackingCheck.Run(new MemoryBacking(), 1, callCount: -1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => LockstepCheck.AgainstModel(static () => null!, -1));
        Assert.Throws<InvalidOperationException>(static () => LockstepCheck.AgainstModel(static () => null!, 1));
        Assert.Throws<ArgumentException>(static () => new FuzzRandom(1).OneOf<int>([]));
    }

    private sealed class Forgetful : IFileBacking
    {
        private readonly MemoryBacking _inner = new();

        public long ByteLength => _inner.ByteLength;

        public Errno Read(long offset, Span<byte> destination, out int byteCount)
        {
            Errno error = _inner.Read(offset, destination, out byteCount);
            if (byteCount > 100) destination[100] ^= 1;
            return error;
        }

        public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount) => _inner.Write(offset, source, out byteCount);

        public Errno SetLength(long byteLength) => _inner.SetLength(byteLength);

        public Errno Flush() => Errno.None;

        public void Dispose() => _inner.Dispose();
    }
}
