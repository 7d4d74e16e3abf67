using System.Collections.Immutable;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.WindowsChecking.Dialect;

namespace Paging.Fuzz;

/// <summary>Draws Windows calls: few places, so that they meet; each seed has calls of its own that it prefers.</summary>
/// <remarks>
/// Left out because the rules leave it open: files that do not end at a page, stores to pages that ReadProcessMemory has to refuse, and
/// in a world under pressure the working set and locks.
/// </remarks>
internal sealed class WindowsGenerator
{
    private const uint ArenaFirst = 0x2000_0000;
    private const int ProcessCountMax = 3;

    private static readonly uint[] Protections =
        [1, 2, 4, 4, 4, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x104, 0x102, 0x140, 0x204, 0x404, 0x101, 0, 6, 0x108, 0x304];

    private static readonly uint[] SectionProtections = [2, 4, 4, 4, 8, 0x20, 0x40, 0x80, 1, 0x10, 0x204];
    private static readonly uint[] Accesses = [1, 2, 2, 4, 4, 6, 0x20, 0x21, 0x22, 0x24, 8, 9, 0, 0xF001F, 0x10];

    private readonly FuzzRandom _random;
    private readonly bool _isUnderPressure;
    private readonly int[] _weights;
    private readonly WindowsStories _stories;
    private readonly uint _places;    // granules that calls choose from
    private int _sections, _files, _made, _processes = 1;
    private (uint Place, uint Length) _placeholder;    // the last that was asked for at a place

    public WindowsGenerator(FuzzRandom random, bool isUnderPressure)
    {
        (_random, _isUnderPressure) = (random, isUnderPressure);
        _places = (uint)random.OneOf([1, 2, 2, 3, 4, 8]);
        _stories = new(random, isUnderPressure);
        _weights = new int[Enum.GetValues<WindowsCallName>().Length];
        for (int i = 0; i < _weights.Length; i++) _weights[i] = random.Percent(20) ? 0 : random.Skewed(32);
        foreach (WindowsCallName name in (ReadOnlySpan<WindowsCallName>)
            [WindowsCallName.VirtualAlloc, WindowsCallName.Store, WindowsCallName.Load, WindowsCallName.VirtualQuery]) Weight(name) += 12;
        foreach (WindowsCallName name in (ReadOnlySpan<WindowsCallName>)
            [WindowsCallName.CloseHandle, WindowsCallName.VirtualFree]) Weight(name) /= 3;
        Weight(WindowsCallName.Regions) = Math.Min(Weight(WindowsCallName.Regions), 3);
        Weight(WindowsCallName.Spawn) = 1;
        if (!isUnderPressure) return;
        foreach (WindowsCallName name in (ReadOnlySpan<WindowsCallName>)
            [WindowsCallName.Workingset, WindowsCallName.VirtualLock, WindowsCallName.VirtualUnlock]) Weight(name) = 0;
        Weight(WindowsCallName.Fill) += 20;
        Weight(WindowsCallName.Sum) += 20;
    }

    /// <summary>
    /// Draws the next call. The first ones make files, sections, allocations and views, so that there is something to meet.
    /// </summary>
    public ScenarioCall Next()
    {
        if (_stories.TryNextOfBeginning(out ScenarioCall image))
        {
            WindowsCallName begun = (WindowsCallName)image.Signature.Code;
            if (begun == WindowsCallName.Open) _files++;
            else if (begun is WindowsCallName.CreateFileMapping or WindowsCallName.OpenFileMapping or WindowsCallName.NtCreateSection)
                _sections++;
            return image;
        }

        if (_files < 2) return OpenFile();
        if (_made < 4) return Make();
        int process = _random.Percent(70) ? 0 : _random.Below(_processes);
        if (_random.Percent(3)) _stories.Begin(process, FreshPlace());
        if (_random.Percent(3)) _stories.BeginOfImage(process, Granule());
        if (_random.Percent(50) && _stories.TryNext(out ScenarioCall planned)) return planned;
        if (_random.Percent(8)) return Refill(process);
        WindowsCallName name = Pick();
        ImmutableArray<long> arguments = Arguments(ref name, ref process);
        return WindowsCall.Of(process, name, arguments.AsSpan(), TextOf(name));
    }

    private ref int Weight(WindowsCallName name) => ref _weights[(int)name];

    private WindowsCallName Pick()
    {
        int left = _random.Below(_weights.Sum());
        for (int i = 0; i < _weights.Length; i++)
        {
            left -= _weights[i];
            if (left < 0) return (WindowsCallName)i;
        }

        return WindowsCallName.VirtualQuery;
    }

    /// <summary>A section, or something at the next place.</summary>
    private ScenarioCall Make()
    {
        _made++;
        if (_made <= 2)
        {
            _sections++;
            long file = _made == 1 && _random.Percent(50) ? File() : -1;
            uint flags = _random.Percent(40) ? 0x4000000u : 0;
            long[] arguments = [file, _random.OneOf<uint>([4, 4, 0x40, 0x20, 8]) | flags, file == -1 ? 0x10000 : 0];
            return WindowsCall.Of(0, WindowsCallName.CreateFileMapping, arguments);
        }

        return Refill(0);
    }

    /// <summary>Takes a place: with memory of some kind, or with a view.</summary>
    private ScenarioCall Refill(int process)
    {
        uint place = Granule();
        uint access = _random.OneOf<uint>([1, 2, 4, 6, 0x22, 0x21]);
        if (_random.Percent(40)) return WindowsCall.Of(process, WindowsCallName.MapViewOfFileEx, [Section(), access, 0, 0, place]);
        uint types = _random.OneOf<uint>([0x3000, 0x3000, 0x2000, 0x203000, 0x202000]);
        long[] arguments = [place, (uint)_random.Between(4, 16) << 12, types, _random.OneOf<uint>([4, 4, 0x40, 2, 0x104])];
        return WindowsCall.Of(process, WindowsCallName.VirtualAlloc, arguments);
    }

    private ScenarioCall OpenFile()
    {
        _files++;
        uint access = _random.OneOf<uint>([0xC000_0000, 0xC000_0000, 0xE000_0000, 0x8000_0000, 0xA000_0000, 0]);
        string name = _files <= 2 ? ((char)('a' + _files - 1)).ToString() : _random.OneOf<string>(["a", "b"]);
        return WindowsCall.Of(0, WindowsCallName.Open, [(uint)_random.Between(1, 40) << 12, _random.Below(9), access], name);
    }

    private string? TextOf(WindowsCallName name)
    {
        bool isNamed = name == WindowsCallName.OpenFileMapping || (name == WindowsCallName.CreateFileMapping && _random.Percent(25));
        if (name == WindowsCallName.Open) return _random.OneOf<string>(["a", "b"]);
        return isNamed ? _random.OneOf<string>(["n", "m", "N"]) : null;
    }

    private ImmutableArray<long> Arguments(ref WindowsCallName name, ref int process)
    {
        switch (name)
        {
            case WindowsCallName.VirtualAlloc when _random.Percent(2):    // more than the arena has, or ever will
                return [0, _random.OneOf<uint>([0x600_0000, 0x900_0000, 0x7F00_0000]), _random.OneOf<uint>([0x2000, 0x10_2000]), 4];
            case WindowsCallName.VirtualAlloc: return [AddressOrNone(), Size(), AllocationTypes(), Protection()];
            case WindowsCallName.VirtualFree: return [Address(), _random.Percent(50) ? 0 : Size(), FreeTypes()];
            case WindowsCallName.VirtualProtect or WindowsCallName.NtProtectVirtualMemory: return [Address(), Size(), Protection()];
            case WindowsCallName.VirtualQuery: return [_random.Percent(2) ? BeyondUser() : Address()];
            case WindowsCallName.VirtualLock or WindowsCallName.VirtualUnlock: return [Address(), (uint)_random.Between(1, 0x3000)];
            case WindowsCallName.GetWriteWatch: return [_random.Below(_random.Percent(5) ? 4 : 2), Address(), Size(), _random.Below(9)];
            case WindowsCallName.ResetWriteWatch or WindowsCallName.FlushViewOfFile: return [Address(), Size()];
            case WindowsCallName.ReadProcessMemory: return [_random.Below(_processes), Address(), _random.Below(0x2000)];
            case WindowsCallName.WriteProcessMemory: return [_random.Below(_processes), Address(), _random.Below(0x2000), _random.Below(9)];
            case WindowsCallName.NtAllocateVirtualMemory:
                return [AddressOrNone(), ZeroBits(), Size(), AllocationTypes(), Protection()];
            case WindowsCallName.NtAllocateVirtualMemoryEx: return Placeholder();
            case WindowsCallName.NtFreeVirtualMemory when _random.Percent(25):    // of the sizes that placeholders have
                (uint first, uint length) = _random.Percent(50) ? _placeholder : (Granule(), (uint)_random.Between(1, 4) << 14);
                return [first, length, _random.OneOf<uint>([0x8001, 0x8001, 0x8002])];
            case WindowsCallName.NtFreeVirtualMemory: return [Address(), _random.Percent(35) ? 0 : Size(), FreeTypes()];
            case WindowsCallName.UnmapViewOfFile or WindowsCallName.NtUnmapViewOfSection: return [Address()];
            case WindowsCallName.Load or WindowsCallName.Load32 or WindowsCallName.Exec: return [Spot()];
            case WindowsCallName.Store: return [Spot(), _random.Below(256)];
            case WindowsCallName.Store32: return [Spot(), (uint)_random.Next()];
            case WindowsCallName.Fill: return [Spot(), _random.Below(_isUnderPressure ? 0x20000 : 0x3000), _random.Below(256)];
            case WindowsCallName.Sum: return [Spot(), _random.Below(_isUnderPressure ? 0x20000 : 0x3000)];
            case WindowsCallName.Regions: return [ArenaFirst, 0x2800_0000];
            case WindowsCallName.Workingset: return [Granule(), Granule() + 0x20000];
            case WindowsCallName.Stack: return Stack();
            case WindowsCallName.Stacklimit: return [];
            default: return OtherArguments(ref name, ref process);
        }
    }

    private ImmutableArray<long> OtherArguments(ref WindowsCallName name, ref int process)
    {
        switch (name)
        {
            case WindowsCallName.CreateFileMapping:
                (long file, uint protection, long size) = NewSection();
                process = 0;
                _sections++;
                uint flags = _random.OneOf<uint>(
                    [0, 0, 0, 0x8000000, 0x4000000, 0x4000000, 0x18000000, 0x14000000, 0x1000000, 0x1000000, 0x10000000]);
                return [file == 0 ? -1 : file, protection | flags, size];
            case WindowsCallName.NtCreateSection:
                (long after, uint allowed, long length) = NewSection();
                process = 0;
                _sections++;
                uint access = _random.OneOf<uint>([0xF001F, 0xF001F, 0xF001F, 5, 7, 4, 2, 0]);
                return [access, length, allowed, _random.OneOf<uint>([0x8000000, 0x4000000, 0x18000000, 0, 0xC000000, 0x1000000]), after];
            case WindowsCallName.OpenFileMapping:
                process = 0;
                _sections++;
                return [_random.OneOf(Accesses)];
            case WindowsCallName.DuplicateHandle:
                process = 0;
                _sections++;
                return [Section(), _random.OneOf(Accesses)];
            case WindowsCallName.MapViewOfFile: return [Section(), _random.OneOf(Accesses), Offset(), ViewSize()];
            case WindowsCallName.MapViewOfFileEx: return [Section(), _random.OneOf(Accesses), Offset(), ViewSize(), AddressOrNone()];
            case WindowsCallName.NtMapViewOfSection:
                uint types = _random.OneOf<uint>([0, 0, 0, 0x40000000, 0x100000, 0x1000]);
                return [Section(), AddressOrNone(), ZeroBits(), _random.Percent(50)
                    ? 0 : _random.Percent(60) ? (long)_random.Between(1, 0x6000) : Size(), Offset(), ViewSize(), types, Protection()];
            case WindowsCallName.NtQuerySection or WindowsCallName.CloseHandle: return [Section()];
            case WindowsCallName.ReadFile: return [File(), _random.Below(0x3000), _random.Below(0x8000)];
            case WindowsCallName.WriteFile: return [File(), 0x1000, (long)_random.Below(16) << 12, _random.Below(9)];
            case WindowsCallName.SetEndOfFile: return [File(), (long)_random.Below(40) << 12];
            case WindowsCallName.GetFileSize: return [File()];
            case WindowsCallName.Spawn when _processes < ProcessCountMax:
                _processes++;
                process = 0;
                return [];
            case WindowsCallName.Open:
                process = 0;
                _files++;
                return [0x1000, 1, _random.OneOf<uint>([0xC000_0000, 0xE000_0000, 0x8000_0000])];
            default:
                name = WindowsCallName.VirtualQuery;
                return [Address()];
        }
    }

    private ImmutableArray<long> Placeholder()
    {
        uint types = _random.OneOf<uint>([0x42000, 0x42000, 0x6000, 0x7000, 0x2000, 0x1000, 0x43000, 0x4000]);
        uint place = _random.Percent(50) ? Granule() : AddressOrNone(), length = (uint)_random.Between(1, 4) << 14;
        if (types == 0x42000 && place != 0) _placeholder = (place, length);
        return [place, length, types, types == 0x42000 && _random.Percent(80) ? 1 : Protection()];
    }

    private ImmutableArray<long> Stack()
    {
        uint first = Granule();
        return [first, first + 0x10000, first + 0x10000];
    }

    private (long File, uint Protection, long Size) NewSection()
    {
        uint protection = _random.OneOf(SectionProtections);
        if (_random.Percent(50)) return (0, protection, _random.Percent(5) ? 0 : _random.Between(1, 0x28000));
        long size = _random.Percent(50) ? 0 : (long)_random.Between(1, 40) << 12;
        return (File(), protection, protection == 2 && _random.Percent(30) ? 0x1234 : size);
    }

    private uint Granule() => ArenaFirst + (_random.Below(_places) << 16);

    /// <summary>A granule that single calls do not choose, so that nothing is there yet, or what a story has left.</summary>
    private uint FreshPlace() => ArenaFirst + ((_places + 4 + _random.Below(6u)) << 16);

    private uint Address() => Granule() + ((_random.Percent(70)
        ? _random.Below(5u) : _random.Below(16u)) << 12) + (_random.Percent(20) ? _random.Below(0x1000u) : 0);

    private uint AddressOrNone() => _random.Percent(35) ? 0 : _random.Percent(40) ? Granule() : _random.Percent(3)
        ? OddAddress() : Address();

    private uint BeyondUser() => _random.OneOf<uint>([0x7FFF_0000, 0x8000_0000, 0x8001_0000, 0xFFFF_F000]);

    private uint OddAddress() => _random.OneOf<uint>([0x1000, 0xF000, 0x7FFD_0000, 0x7FFE_0000, 0x8001_0000, 0xFFFF_F000]);

    private uint Spot() => _random.Percent(15) ? (Address() | 0xFFF) - _random.Below(4u) : Address() + _random.Below(0x1000u);

    private uint Size() => _random.Percent(3) ? 0 : _random.Percent(60) ? (uint)_random.Skewed(16) << 12 : (uint)_random.Skewed(0x20000);

    private long ViewSize() => _random.Percent(50) ? 0 : Size();

    private long Offset() => _random.Percent(70) ? 0 : _random.OneOf<long>([0x10000, 0x20000, 0x1000, 0x30000]);

    private long Section() => _random.Between(1, Math.Max(1, _sections));

    private long File() => (uint)_random.Between(1, Math.Max(1, _files)) | WindowsCall.FileMark;

    private uint Protection() => _random.OneOf(Protections);

    private uint ZeroBits() => _random.Percent(85) ? 0 : (uint)_random.Below(24);

    private uint AllocationTypes() => _random.OneOf<uint>(
        [0x3000, 0x3000, 0x3000, 0x2000, 0x2000, 0x1000, 0x1000, 0x1000, 0x203000, 0x202000, 0x103000, 0x80000, 0x201000, 0, 0x81000,
            0x4000]);

    private uint FreeTypes() => _random.OneOf<uint>([0x4000, 0x4000, 0x8000, 0x8000, 0x8000, 0x8002, 0x8001, 0xC000, 0, 2]);
}
