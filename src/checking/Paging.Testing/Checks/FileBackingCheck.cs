using Paging.Core;
using Paging.Native;
using Paging.Testing.Generating;
using Paging.Testing.Randomness;

namespace Paging.Testing.Checks;

/// <summary>Uses an embedder's own storage of a file of an engine with little RAM, beside plain bytes.</summary>
/// <remarks>
/// Reads, writes, stores through a mapping, changes of length, synchronization, dropped caches; in the end the storage itself is read. What
/// the storage may refuse (ENOSPC) is not asked of it: lengths stay below 256 KiB.
/// </remarks>
public static class FileBackingCheck
{
    private const int LengthMax = 256 << 10;
    private static readonly VirtualAddress View = new(0x2000_0000);

    /// <summary>Makes so many calls.</summary>
    /// <param name="backing">The storage, with at most 256 KiB. The engine disposes of it.</param>
    /// <param name="seed">The seed of the calls.</param>
    /// <param name="callCount">The number of calls.</param>
    /// <param name="timeLimit">The time for all calls; null: 30 s. <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</param>
    /// <exception cref="CheckFailedException">
    /// Bytes or an error are wrong, or a call does not end; the message has the seed and the call.
    /// </exception>
    public static void Run(IFileBacking backing, ulong seed, int callCount = 400, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(backing);
        ArgumentOutOfRangeException.ThrowIfNegative(callCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(backing.ByteLength, LengthMax, nameof(backing));
        ArgumentOutOfRangeException.ThrowIfNegative(backing.ByteLength, nameof(backing));
        int call = -1;
        using TimeLimit limit = new(timeLimit);
        limit.Run(isOver => Run(backing, seed, callCount, ref call, isOver), () => $"Seed {seed}, call {call}");
    }

    private static void Run(IFileBacking backing, ulong seed, int callCount, ref int call, CancellationToken isOver)
    {
        byte[] bytes = new byte[backing.ByteLength];
        RequireEqual(bytes.Length, ReadAll(backing, bytes), seed, -1, "bytes read from the backing before any call");
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });
        using UserProcess process = engine.CreateProcess("check");
        GuestFile file = engine.Files.CreateFile("checked", backing);
        Require(file.Open(process, FileRights.ReadWrite, out int descriptor), seed, -1, "open");
        Require(process.Memory.Map(View, LengthMax, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor, 0, out _),
            seed, -1, "mmap");
        FuzzRandom random = new(seed);
        for (call = 0; call < callCount && !isOver.IsCancellationRequested; call++)
        {
            Step(engine, process, file, random, ref bytes, seed, call);
            if (call % 64 == 63) EngineAssert.IsSound(engine);
        }

        engine.Files.SynchronizeAll();
        byte[] stored = new byte[bytes.Length];
        RequireEqual(bytes.Length, (int)backing.ByteLength, seed, callCount, "length of the backing");
        RequireEqual(bytes.Length, ReadAll(backing, stored), seed, callCount, "bytes read from the backing");
        RequireBytes(bytes, stored, seed, callCount, 0, "the backing after sync");
    }

    private static void Step(
        PagingEngine engine, UserProcess process, GuestFile file, FuzzRandom random, ref byte[] bytes, ulong seed, int call)
    {
        int offset = random.Below(bytes.Length + 1), length = Math.Min(random.Below(20_000) + 1, LengthMax - offset);
        switch (random.Below(20))
        {
            case < 6:
                byte[] written = Fill(random, length);
                Require(file.Write(offset, written, out int count), seed, call, "write");
                RequireEqual(length, count, seed, call, "bytes written");
                if (offset + length > bytes.Length) Array.Resize(ref bytes, offset + length);
                written.CopyTo(bytes, offset);
                break;
            case < 11:
                byte[] read = new byte[length];
                Require(file.Read(offset, read, out count), seed, call, "read");
                RequireEqual(Math.Min(length, bytes.Length - offset), count, seed, call, "bytes read");
                RequireBytes(bytes.AsSpan(offset, count), read.AsSpan(0, count), seed, call, offset, "read");
                break;
            case < 14 when bytes.Length != 0:
                length = Math.Min(length, bytes.Length - offset);
                byte[] stored = Fill(random, length);
                RequireEqual(length, (int)process.Memory.Mmu.CopyIn(View + (uint)offset, stored, out _), seed, call, "bytes stored");
                stored.CopyTo(bytes, offset);
                break;
            case < 16 when bytes.Length != 0:
                length = Math.Min(length, bytes.Length - offset);
                byte[] loaded = new byte[length];
                RequireEqual(length, (int)process.Memory.Mmu.CopyOut(View + (uint)offset, loaded, out _), seed, call, "bytes loaded");
                RequireBytes(bytes.AsSpan(offset, length), loaded, seed, call, offset, "load");
                break;
            case 16:
                int newLength = random.Below(LengthMax);
                Require(file.SetLength(newLength), seed, call, "ftruncate");
                Array.Resize(ref bytes, newLength);
                break;
            case 17:
                engine.Files.SynchronizeAll();
                break;
            case 18:
                engine.Files.SynchronizeAll();
                engine.Files.DropCaches();
                break;
            default:
                engine.RunBackground(16);
                break;
        }
    }

    private static byte[] Fill(FuzzRandom random, int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)random.Next();
        return bytes;
    }

    private static int ReadAll(IFileBacking backing, byte[] destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            Errno error = backing.Read(done, destination.AsSpan(done), out int count);
            if (error != Errno.None || count == 0) break;
            done += count;
        }

        return done;
    }

    private static void Require(Errno error, ulong seed, int call, string what)
    {
        if (error != Errno.None) throw new CheckFailedException($"Seed {seed}, call {call}: {what} returns {error}.");
    }

    private static void RequireEqual(int expected, int actual, ulong seed, int call, string what)
    {
        if (expected != actual) throw new CheckFailedException($"Seed {seed}, call {call}: {what}: {actual}, expected {expected}.");
    }

    private static void RequireBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, ulong seed, int call, int offset, string what)
    {
        int at = expected.CommonPrefixLength(actual);
        if (at == expected.Length) return;
        throw new CheckFailedException(
            $"Seed {seed}, call {call}: {what}: byte {offset + at} is {actual[at]:x2}, expected {expected[at]:x2}.");
    }
}
