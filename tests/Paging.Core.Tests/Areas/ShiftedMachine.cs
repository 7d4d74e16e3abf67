using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A window of 64 pages at a base of one's choice, with calls and accesses whose results do not depend on the base.</summary>
internal sealed class ShiftedMachine : IDisposable
{
    public const int Pages = 64;
    private const MapFlags Fixed = MapFlags.Fixed;

    private readonly VirtualAddress _base;
    private readonly World _world;
    private readonly GuestFile _file;
    private readonly List<Snapshot> _snapshots = [];
    private readonly List<string> _seen = [];
    private UserProcess _process;
    private PinnedMemory? _pin;

    public ShiftedMachine(VirtualAddress start, ProcessOptions options)
    {
        _base = start;
        _world = new(World.Options(1), options);
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        _file = _world.CreateFile("f", Pages);
        _process = _world.First;
    }

    public VirtualAddress At(uint page) => _base + (page << VirtualAddress.PageShift);

    /// <summary>Makes the call that a word means, and returns all that can be seen of it, relative to the base.</summary>
    public string Step(uint word)
    {
        AddressSpace memory = _process.Memory;
        uint page = (word >> 5) % Pages, count = 1 + ((word >> 11) % 20);
        count = Math.Min(count, Pages - page);
        uint length = count << VirtualAddress.PageShift, other = (word >> 16) % (Pages - count + 1);
        VirtualAddress at = At(page), result = at;
        MemoryProtection protection = (word >> 22) % 4 == 0 ? MemoryProtection.Read : MemoryProtection.ReadWrite;
        Errno error = Errno.None;
        _seen.Clear();
        switch (word % 24)
        {
            case 0 or 1 or 2:
                error = memory.Map(at, length, protection, MapFlags.Private | MapFlags.Anonymous | Fixed, out result);
                break;
            case 3:
                error = memory.Map(at, length, protection, MapFlags.Shared | MapFlags.Anonymous | Fixed | MapFlags.Populate, out result);
                break;
            case 4:
                error = memory.Unmap(at, length);
                memory.MapFile(at, _file, length, World.Bytes((int)other), protection, isPrivate: (word & (1 << 25)) != 0);
                break;
            case 5:
                error = memory.Unmap(at, length);
                break;
            case 6:
                error = memory.Protect(at, length, protection);
                break;
            case 7:
                error = memory.Advise(at, length, (word & (1 << 25)) != 0 ? MemoryAdvice.DontNeed : MemoryAdvice.PageOut);
                break;
            case 8:
                error = memory.Remap(at, length, length, RemapFlags.MayMove | RemapFlags.Fixed, At(other), out result);
                break;
            case 9:
                byte[] present = new byte[count];
                error = memory.InCore(at, length, present);
                _seen.Add(Convert.ToHexString(present));
                break;
            case 10:
                error = memory.Lock(at, length);
                if ((word & (1 << 25)) != 0) error = memory.Unlock(at, length);
                break;
            case 11:
                Fork(word);
                break;
            case 12:
                if (_pin is null && _snapshots.Count < 4) error = Take();
                break;
            case 13:
                if (_snapshots.Count != 0) error = _snapshots[(int)(word >> 5) % _snapshots.Count].Restore();
                break;
            case 14:
                SaveAndLoad();
                break;
            case 15:
                Pin(at, length);
                break;
            case 16:
                error = memory.Synchronize(at, length, SyncFlags.Sync);
                break;
            case 17:
                _ = _world.Engine.RunBackground(64);
                break;
            default:
                Access(at + ((word >> 20) & 0xFFF), word);
                break;
        }

        return $"{word % 24} {error} {Relative(error == Errno.None ? result : at)} {string.Join(' ', _seen)} {Usage()}";
    }

    /// <summary>Everything that the process can read of the window.</summary>
    public string Contents()
    {
        byte[] bytes = new byte[VirtualAddress.PageSize];
        return string.Join('\n', Enumerable.Range(0, Pages).Select(page =>
        {
            int read = _process.Memory.Mmu.CopyOut(At((uint)page), bytes, out MemoryFault fault);
            return $"{page} {fault.Kind} {read} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.AsSpan(0, read)))}";
        }));
    }

    public void Verify() => _world.Verify();

    public void Dispose()
    {
        _pin?.Dispose();
        if (_process != _world.First) _process.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private void Access(VirtualAddress at, uint word)
    {
        Mmu mmu = _process.Memory.Mmu;
        if (word % 24 < 21)
        {
            bool isWritten = mmu.TryWrite(at, word, out MemoryFault fault);
            _seen.Add($"{isWritten} {fault.Kind} {Relative(fault.IsFault ? fault.Address : _base)}");
        }
        else
        {
            bool isRead = mmu.TryRead(at, out uint value, out MemoryFault fault);
            _seen.Add($"{isRead} {value:x} {fault.Kind} {Relative(fault.IsFault ? fault.Address : _base)}");
        }
    }

    private void Fork(uint word)
    {
        Errno error = _process.Fork(out UserProcess? child);
        _seen.Add($"{error}");
        if (child is null) return;
        UserProcess parent = _process;
        _process = child;
        for (uint i = 0; i < 6; i++) Access(At((word >> 8) + (i * 7)), (word & ~31u) + 18 + (i % 5));
        _seen.Add(Usage());
        child.Dispose();
        _process = parent;
    }

    private Errno Take()
    {
        if (_process.TryTakeSnapshot(out Snapshot? snapshot, out Errno error)) _snapshots.Add(snapshot);
        return error;
    }

    private void SaveAndLoad()
    {
        if (_pin is not null) return;
        using MemoryStream stream = new();
        try
        {
            using Snapshot snapshot = _process.TakeSnapshot();
            snapshot.Save(stream);
        }
        catch (NotSupportedException)    // it maps shared anonymous memory
        {
            _seen.Add("not saved");
            return;
        }

        stream.Position = 0;
        UserProcess loaded = _world.Engine.SavedProcesses.Load(stream, _ => _file);
        foreach (Snapshot snapshot in _snapshots) snapshot.Dispose();
        _snapshots.Clear();
        if (_process != _world.First) _process.Dispose();
        _process = loaded;
    }

    private void Pin(VirtualAddress at, uint length)
    {
        if (_pin is not null)
        {
            _pin.Dispose();
            _pin = null;
            return;
        }

        if (_snapshots.Count != 0 || length == 0) return;
        bool isPinned = _process.TryPin(at, length, AccessKind.Read, out _pin, out MemoryFault fault);
        _seen.Add($"{isPinned} {fault.Kind} {Relative(fault.IsFault ? fault.Address : at)}");
    }

    private string Usage()
    {
        MemoryUsage usage = _process.Memory.Usage;
        FaultCounters faults = _process.Memory.Faults;
        return $"{usage} {faults}";
    }

    private uint Relative(VirtualAddress address) => address.Value - _base.Value;
}
