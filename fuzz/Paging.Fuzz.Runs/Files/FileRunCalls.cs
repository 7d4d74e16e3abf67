using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>The calls of a <see cref="FileRun"/>, each with its effect on the plain bytes.</summary>
internal sealed partial class FileRun
{
    private int Read(int descriptor, int offset, int byteLength, out string? failure)
    {
        Errno error = _world.Calls.Read(descriptor, offset, _buffer.AsSpan(0, Math.Min(byteLength, _buffer.Length)), out int count);
        int outcome = OutcomeOf(error, out failure);
        if (descriptor == _world.Direct) NoteDirect();
        int expected = Math.Clamp(_file.Length - offset, 0, Math.Min(byteLength, _buffer.Length));
        if (count > expected || (count < expected && error == Errno.None && !HasFailed))
            failure ??= $"read {count} bytes at {offset:x}, expected {expected}";
        ReadOnlySpan<byte> found = _buffer.AsSpan(0, Math.Min(count, expected));
        if (!_isTainted && !HasFailed && !found.SequenceEqual(_file.Bytes.Slice(Math.Min(offset, _file.Length), found.Length)))
            failure ??= $"byte {offset + found.CommonPrefixLength(_file.Bytes[offset..]):x} of what was read is wrong";
        return failure is null && outcome == Done && count < expected ? Short : outcome;
    }

    private int Write(int descriptor, int offset, int byteLength, out string? failure)
    {
        failure = null;
        byteLength = Math.Min(byteLength, ByteMax - offset);
        if (byteLength <= 0) return PassedOver;
        Span<byte> bytes = _buffer.AsSpan(0, byteLength);
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(_value + (i >> 5));
        Errno error = _world.Calls.Write(descriptor, offset, bytes, out int count);
        int outcome = OutcomeOf(error, out failure);
        if (descriptor == _world.Direct) NoteDirect();
        else NoteWriteFailures();
        if (count > byteLength || (count < byteLength && !HasFailed)) failure ??= $"wrote {count} of {byteLength} bytes";
        _file.Write(offset, bytes[..count]);
        return failure is null && outcome == Done && count < byteLength ? Short : outcome;
    }

    private int StoreShared(UserProcess process, out string? failure)
    {
        failure = null;
        int address = _draw.Below(FileWorld.MappedPages * FileContents.PageByteLength);
        bool isThere = address / FileContents.PageByteLength < _file.PageLimit;
        if (isThere && address >= _file.Length) return PassedOver;    // beyond the end, in the last page: not the file's
        bool stored = process.Memory.Mmu.TryWrite(FileWorld.SharedAt + (uint)address, _value, out MemoryFault fault);
        NoteWriteFailures();
        if (stored && isThere) _file.Write(address, [_value]);
        return OutcomeOf(fault, isThere, out failure);
    }

    private int StorePrivate(out string? failure)
    {
        int address = _draw.Below(FileWorld.MappedPages * FileContents.PageByteLength);
        int page = address / FileContents.PageByteLength;
        bool isThere = page < _file.PageLimit || _copies.ContainsKey(page);
        bool stored = _world.Memory.Mmu.TryWrite(FileWorld.PrivateAt + (uint)address, _value, out MemoryFault fault);
        if (stored)
        {
            if (!_copies.TryGetValue(page, out byte[]? copy)) _copies.Add(page, copy = _file.Page(page).ToArray());
            if (_isTainted || HasFailed)
                _world.Memory.Mmu.CopyOut(FileWorld.PrivateAt + (uint)(page * FileContents.PageByteLength), copy, out _);
            copy[address % FileContents.PageByteLength] = _value;
        }

        return OutcomeOf(fault, isThere, out failure);
    }

    private int Load(VirtualAddress at, UserProcess process, out string? failure)
    {
        int address = _draw.Below(FileWorld.MappedPages * FileContents.PageByteLength);
        int page = address / FileContents.PageByteLength;
        byte[]? copy = at == FileWorld.PrivateAt ? _copies.GetValueOrDefault(page) : null;
        bool isThere = page < _file.PageLimit || copy is not null;
        bool loaded = process.Memory.Mmu.TryRead(at + (uint)address, out byte found, out MemoryFault fault);
        int outcome = OutcomeOf(fault, isThere, out failure);
        byte expected = copy is not null
            ? copy[address % FileContents.PageByteLength] : _file.Page(page)[address % FileContents.PageByteLength];
        bool isCertain = copy is not null || (!_isTainted && !HasFailed);
        if (loaded && isCertain && found != expected)
            failure ??= $"byte {address:x} of the {(copy is null ? "mapping" : "private copy")} is {found:x2}, expected {expected:x2}";
        return outcome;
    }

    private int Truncate(out string? failure)
    {
        int byteLength = _draw.Below(4) switch
        {
            0 => _draw.Below(ByteMax),
            1 => _draw.Below(FileWorld.PageMax) * FileContents.PageByteLength,
            _ => Math.Clamp(_file.Length + _draw.Between(-15_000, 15_000), 0, ByteMax),
        };
        AllowHoleOnDisk(byteLength, FileContents.PageByteLength - (byteLength & 0xFFF));
        Errno error = _world.Calls.SetLength(_world.Plain, byteLength);
        NoteWriteFailures();
        if (error == Errno.None)
        {
            bool shrinks = byteLength < _file.Length;
            _file.SetLength(byteLength);
            foreach (int page in _copies.Keys.Where(page => shrinks && page >= _file.PageLimit).ToArray()) _copies.Remove(page);
        }

        return OutcomeOf(error, out failure);
    }

    private int Punch(out string? failure)
    {
        int offset = Offset(), byteLength = _draw.OneOf([100, 4096, 8192, 1 + _draw.Below(40_000)]);
        AllowHoleOnDisk(offset, byteLength);
        AllowHoleOnDisk(offset + byteLength & ~0xFFF, offset + byteLength & 0xFFF);
        Errno error = _world.Calls.Allocate(
            _world.Plain, AllocationFlags.PunchHole | AllocationFlags.KeepSize, offset, byteLength);
        NoteWriteFailures();
        if (error == Errno.None) _file.Zero(offset, byteLength);
        return OutcomeOf(error, out failure);
    }

    /// <summary>
    /// A page whose write-back has failed is older on the disk than in the cache; a hole that is cut into it there makes neither of the
    /// two.
    /// </summary>
    private void AllowHoleOnDisk(int offset, int byteLength)
    {
        int page = offset >> 12, inPage = offset & 0xFFF;
        if (!_isTainted || page >= FileWorld.PageMax) return;
        byte[] version = _world.Disk.Page(page).ToArray();
        version.AsSpan(inPage, Math.Min(byteLength, version.Length - inPage)).Clear();
        _file.Allow(page, version);
    }

    private int Synchronize(out string? failure)
    {
        Errno error = _world.Calls.Synchronize(_world.Plain);
        int outcome = OutcomeOfSync(error, out failure);
        if (error != Errno.None || failure is not null) return outcome;
        _file.NoteDurable(0, int.MaxValue, alsoLength: true);
        if (!_isTainted && !_world.Disk.Durable.SequenceEqual(_file.Bytes))
            failure = $"fsync reported {_file.Length} bytes durable, and the disk has other ones";
        if (!HasFailed && _world.Disk.Durable.SequenceEqual(_file.Bytes)) _isTainted = false;
        return outcome;
    }

    private int SynchronizeMapping(out string? failure)
    {
        uint first = _draw.Below((uint)FileWorld.MappedPages), count = 1 + _draw.Below(Math.Min(6, FileWorld.MappedPages - first));
        Errno error = _world.Memory.Synchronize(FileWorld.SharedAt + (first << 12), count << 12, SyncFlags.Sync);
        int outcome = OutcomeOfSync(error, out failure);
        if (error != Errno.None || failure is not null) return outcome;
        _file.NoteDurable((int)first, (int)(first + count), alsoLength: false);
        for (int page = (int)first; page < first + count && !_isTainted; page++)
        {
            ReadOnlySpan<byte> durable = _world.Disk.Durable;
            ReadOnlySpan<byte> there = durable[Math.Min(page * FileContents.PageByteLength, durable.Length)..];
            there = there[..Math.Min(there.Length, FileContents.PageByteLength)];
            bool isRight = there.SequenceEqual(_file.Page(page)[..there.Length])
                && !_file.Page(page)[there.Length..].ContainsAnyExcept((byte)0);
            if (!isRight) failure = $"msync reported page {page} durable, and the disk has another one";
        }

        return outcome;
    }

    private int SynchronizeRange(out string? failure)
    {
        SyncRangeFlags flags = (SyncRangeFlags)_draw.Below(8);
        Errno error = _world.Calls.SynchronizeRange(_world.Plain, Offset(), _draw.Percent(40) ? 0 : _draw.Below(60_000), flags);
        NoteWriteFailures();
        failure = error == Errno.None || HasFailed || _isOwed || _mayBeOwed ? null : $"{error} out of nothing";
        if (error != Errno.None) NoteReported();
        return OutcomeOf(error, out _);
    }

    /// <summary>Checks that an error of write-back is reported to this open file exactly once, and never without a cause.</summary>
    private int OutcomeOfSync(Errno error, out string? failure)
    {
        NoteWriteFailures();
        failure = null;
        if (error == Errno.None && _isOwed) failure = "a write-back has failed, and no error is reported";
        if (error != Errno.None && !HasFailed && !_isOwed && !_mayBeOwed) failure = $"{error} out of nothing";
        if (error != Errno.None) NoteReported();
        else _mayBeOwed = false;
        return OutcomeOf(error, out _);
    }

    private void NoteReported()
    {
        _isOwed = _mayBeOwed = false;
        _file.Note();
        _file.NoteError();
    }

    /// <summary>A direct transfer writes back first: a failure of that is owed, one of the transfer itself is not.</summary>
    private void NoteDirect() => _mayBeOwed |= _world.Disk.WriteFailureCount != _writeFailuresBefore;

    private int Child(out string? failure)
    {
        failure = null;
        if (_world.Process.Fork(out UserProcess? child) != Errno.None) return NoMemory;
        using UserProcess owned = child!;
        int outcome = StoreShared(owned, out failure);
        if (failure is null) Load(FileWorld.PrivateAt, owned, out failure);
        int page = _draw.Below(FileWorld.MappedPages);
        // its own copy; the parent must not see it
        if (page < _file.PageLimit) owned.Memory.Mmu.TryWrite(FileWorld.PrivateAt + (uint)(page * FileContents.PageByteLength), (byte)0xEE);
        owned.Exit();
        return outcome;
    }

    private int InCore(out string? failure)
    {
        failure = null;
        Span<byte> cached = stackalloc byte[FileWorld.MappedPages];
        Errno error = _world.Memory.InCore(FileWorld.SharedAt, FileWorld.MappedPages << 12, cached);
        for (int page = 0; page < cached.Length && error == Errno.None; page++)
            if (cached[page] != 0 != _world.File.IsCached(new((uint)page))) failure = $"mincore returned {cached[page]} for page {page}";
        return OutcomeOf(error, out _);
    }

    private int OutcomeOf(in MemoryFault fault, bool isThere, out string? failure)
    {
        failure = fault.Kind switch
        {
            MemoryFaultKind.None when isThere => null,
            MemoryFaultKind.BusError when !isThere || HasFailed => null,
            MemoryFaultKind.OutOfMemory when HasFailed => null,
            MemoryFaultKind.None => "an access beyond the end of the file succeeded",
            _ => $"{fault.Kind} at {fault.Address}",
        };
        return fault.Kind switch { MemoryFaultKind.None => Done, MemoryFaultKind.BusError => BusError, _ => OutOfMemory };
    }
}
