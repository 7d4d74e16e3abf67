using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>Pages that a userfaultfd supplies and protects, beside a model of each: there or not, protected or not, and its byte.</summary>
internal sealed class UserfaultModel
{
    private const int Done = 0, Refused = 1, Pending = 2;
    private const int PageCount = 16, PageBytes = 4096;

    private readonly UserProcess _process;
    private readonly Userfaultfd _faults;
    private readonly VirtualAddress _start;
    private readonly bool _protects;
    private readonly Page[] _pages = new Page[PageCount];
    private readonly List<(int Page, bool IsProtected, bool IsWrite)> _unread = [];    // accesses that wait, in order
    private readonly HashSet<(int Page, bool IsProtected, bool IsWrite)> _waiting = [];
    private bool _isRegistered = true;
    private byte _value;

    public UserfaultModel(UserProcess process, VirtualAddress start, bool protects)
    {
        (_process, _start, _protects) = (process, start, protects);
        const MapFlags fixedMemory = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        _ = process.Memory.Map(start, PageCount * PageBytes, MemoryProtection.ReadWrite, fixedMemory, out _);
        _faults = process.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
        _ = _faults.Register(start, PageCount * PageBytes, Modes);
    }

    private UserfaultModes Modes => _protects ? UserfaultModes.Missing | UserfaultModes.WriteProtect : UserfaultModes.Missing;

    public int Execute(string what, in RawOperation operation, out string? failure)
    {
        int page = (int)(operation.A % PageCount), count = Math.Min(1 + (int)(operation.B % 3), PageCount - page);
        failure = null;
        switch (what)
        {
            case "touch": return Access(page, isWrite: false, out failure);
            case "store": return Access(page, isWrite: true, out failure);
            case "copy": return Fill(page, ++_value, operation.C % 3 == 0 && _protects, out failure);
            case "zero": return Fill(page, 0, protect: false, out failure);
            case "protect": return Protect(page, count, protect: true, out failure);
            case "release": return Protect(page, count, protect: false, out failure);
            case "drop": return Drop(page, count);
            case "out":
                _ = _process.Memory.Advise(At(page), (uint)(count * PageBytes), MemoryAdvice.PageOut);
                return Done;
            case "unregister": return Unregister(operation.C);
            case "register": return Register();
            default: return ReadMessage(out failure);
        }
    }

    /// <summary>Every page that is there shows its byte.</summary>
    public string? Verify()
    {
        if (_faults.UnreadCount != _unread.Count) return $"{_faults.UnreadCount} accesses are unread, not {_unread.Count}";
        return _faults.WaitingCount == _waiting.Count ? null : $"{_faults.WaitingCount} accesses wait, not {_waiting.Count}";
    }

    private VirtualAddress At(int page) => _start + ((uint)page * PageBytes);

    private int Access(int page, bool isWrite, out string? failure)
    {
        failure = null;
        ref Page model = ref _pages[page];
        bool isMissing = _isRegistered && !model.IsThere, isProtected = isWrite && model.IsThere && model.IsProtected;
        MemoryFault fault;
        byte value = 0;
        bool succeeds = isWrite
            ? _process.Memory.Mmu.TryWrite(At(page), ++_value, out fault) : _process.Memory.Mmu.TryRead(At(page), out value, out fault);
        if (isMissing || isProtected)
        {
            if (succeeds) failure = $"page {page} is {(isMissing ? "missing" : "protected")}, but the access succeeds";
            else if (fault.Kind != MemoryFaultKind.Pending) failure = $"page {page}: {fault.Kind} instead of Pending";
            if (_waiting.Add((page, isProtected, isWrite))) _unread.Add((page, isProtected, isWrite));
            return Pending;
        }

        if (!succeeds) failure = $"page {page} is there, but the access failed with {fault.Kind}";
        else if (!isWrite && value != model.Byte) failure = $"page {page} shows {value}, not {model.Byte}";
        model.IsThere = true;
        if (isWrite) model.Byte = _value;
        return Done;
    }

    private int Fill(int page, byte value, bool protect, out string? failure)
    {
        byte[] bytes = new byte[PageBytes];
        Array.Fill(bytes, value);
        protect &= value != 0;    // UFFDIO_ZEROPAGE cannot
        UserfaultFillFlags flags = protect ? UserfaultFillFlags.WriteProtect : UserfaultFillFlags.None;
        Errno error = value == 0
            ? _faults.ZeroPage(At(page), PageBytes, flags, out _) : _faults.Copy(At(page), bytes, flags, out _);
        Errno expected = !_isRegistered ? Errno.ENOENT : _pages[page].IsThere ? Errno.EEXIST : Errno.None;
        failure = error == expected ? null : $"filling page {page} returned {error}, not {expected}";
        if (error != Errno.None) return Refused;
        _pages[page] = new() { IsThere = true, Byte = value, IsProtected = protect };
        Wake(page, 1);
        return Done;
    }

    private int Protect(int page, int count, bool protect, out string? failure)
    {
        Errno error = _faults.WriteProtect(At(page), (ulong)(count * PageBytes), protect);
        Errno expected = _isRegistered && _protects ? Errno.None : Errno.ENOENT;
        failure = error == expected ? null : $"protecting page {page} returned {error}, not {expected}";
        if (error != Errno.None) return Refused;
        for (int i = page; i < page + count; i++)
            if (_pages[i].IsThere) _pages[i].IsProtected = protect;
        if (!protect) Wake(page, count);
        return Done;
    }

    private int Drop(int page, int count)
    {
        if (_process.Memory.Advise(At(page), (uint)(count * PageBytes), MemoryAdvice.DontNeed) != Errno.None) return Refused;
        for (int i = page; i < page + count; i++) _pages[i] = default;
        return Done;
    }

    private int Unregister(uint choice)
    {
        if (choice % 4 != 0 || _faults.Unregister(_start, PageCount * PageBytes) != Errno.None) return Refused;
        _isRegistered = false;
        for (int i = 0; i < PageCount; i++) _pages[i].IsProtected = false;
        Wake(0, PageCount);
        return Done;
    }

    private int Register()
    {
        if (_faults.Register(_start, PageCount * PageBytes, Modes) != Errno.None) return Refused;
        _isRegistered = true;
        return Done;
    }

    private int ReadMessage(out string? failure)
    {
        failure = null;
        bool isRead = _faults.TryRead(out UserfaultMessage message);
        if (isRead != (_unread.Count != 0)) failure = isRead ? "there is a message, and nothing waits unread" : "there is no message";
        if (!isRead || failure is not null) return Refused;
        (int page, bool isProtected, bool isWrite) = _unread[0];
        _unread.RemoveAt(0);
        if (message.Address != At(page) || message.IsProtected != isProtected || message.IsWrite != isWrite)
            failure = $"the message is {message}, not of page {page}, protected {isProtected}, write {isWrite}";
        return Done;
    }

    /// <summary>Wakes the accesses that wait for pages of a range, and drops their unread messages.</summary>
    private void Wake(int page, int count)
    {
        _ = _unread.RemoveAll(wait => wait.Page >= page && wait.Page < page + count);
        _ = _waiting.RemoveWhere(wait => wait.Page >= page && wait.Page < page + count);
    }

    private struct Page
    {
        public bool IsThere, IsProtected;
        public byte Byte;
    }
}
