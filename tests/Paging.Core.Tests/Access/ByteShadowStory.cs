using Paging.Core.Spaces;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Two processes with shadows, beside arrays that hold the value and the state of every byte.</summary>
internal sealed class ByteShadowStory : IDisposable
{
    private const int PageCount = 8, Bytes = PageCount * 4096;

    private readonly World _world = new();
    private readonly List<Side> _sides = [];

    public ByteShadowStory()
    {
        _world.Map(0, PageCount);
        _sides.Add(new(_world.First, new Model()));
    }

    public int RefusedCount { get; private set; }
    public int ReturnCount { get; private set; }

    public void Dispose() => _world.Dispose();

    /// <summary>Makes one step: the low bits choose it, the others give its place and length.</summary>
    public void Play(uint word)
    {
        Side side = _sides[(int)(word >> 4) % _sides.Count];
        int page = (int)(word >> 8) % PageCount, start = (page * 4096) + EdgeOf(word >> 12), length = LengthOf(word >> 24);
        length = Math.Min(length, Bytes - start);
        switch (word % 16)
        {
            case 0 or 1 or 2: Mark(side, start, length, (ByteState)((word >> 20) % 3)); break;
            case 3 or 4 or 5: Write(side, start, length, (byte)(word >> 16)); break;
            case 6 or 7: Read(side, start, length); break;
            case 8: Fill(side, start, length, (byte)(word >> 16)); break;
            case 9: Unmap(side, page); break;
            case 10: Map(side, page); break;
            case 11: Move(side, page, (int)(word >> 12) % PageCount); break;
            case 12: Fork(side); break;
            case 13: side.Take(); break;
            default:
                if (side.TryReturn(word >> 8)) ReturnCount++;
                break;
        }
    }

    public void End()
    {
        _world.Verify();
        foreach (Side side in _sides) side.Compare();
    }

    // Near the borders of pages and of the words of a bitmap, more often than anywhere else.
    private static int EdgeOf(uint word) => (int)(word % 4) switch
    {
        0 => 0,
        1 => 4096 - 1 - (int)(word % 9),
        2 => 64 * (int)((word >> 2) % 64),
        _ => (int)((word >> 2) % 4096),
    };

    private static int LengthOf(uint word) => (int)(word % 6) switch { 0 => 1, 1 => 4, 2 => 8, 3 => 64, 4 => 4096, _ => 5000 };

    private static void Mark(Side side, int start, int length, ByteState state)
    {
        bool isMapped = side.Model.IsMapped(start, length);
        Errno error = side.Shadow.Mark(World.At(0, start), (uint)length, state);
        Assert.Equal(isMapped ? Errno.None : Errno.ENOMEM, error);
        if (isMapped) side.Model.States.AsSpan(start, length).Fill(state);
    }

    /// <summary>Writes a value of 1, 4 or 8 bytes, or a run of bytes.</summary>
    private void Write(Side side, int start, int length, byte value)
    {
        int stop = side.Model.Refusal(start, length, isWrite: true);
        byte[] bytes = new byte[length];
        Array.Fill(bytes, value);
        MemoryFault fault;
        int written = length switch
        {
            1 => side.Mmu.TryWrite(World.At(0, start), value, out fault) ? 1 : 0,
            4 => side.Mmu.TryWrite(World.At(0, start), BitConverter.ToUInt32(bytes), out fault) ? 4 : 0,
            8 => side.Mmu.TryWrite(World.At(0, start), BitConverter.ToUInt64(bytes), out fault) ? 8 : 0,
            _ => side.Mmu.CopyIn(World.At(0, start), bytes, out fault),
        };
        Check(side, start, stop, fault, isWrite: true);
        int expected = stop < 0 ? length : length is 1 or 4 or 8 ? 0 : stop - start;
        Assert.Equal(expected, written);
        side.Model.Store(start, written, value);
    }

    private void Fill(Side side, int start, int length, byte value)
    {
        int stop = side.Model.Refusal(start, length, isWrite: true);
        int written = (int)side.Mmu.Fill(World.At(0, start), (uint)length, value, out MemoryFault fault);
        Check(side, start, stop, fault, isWrite: true);
        Assert.Equal(stop < 0 ? length : stop - start, written);
        side.Model.Store(start, written, value);
    }

    private void Read(Side side, int start, int length)
    {
        int stop = side.Model.Refusal(start, length, isWrite: false);
        byte[] bytes = new byte[length];
        MemoryFault fault;
        if (length == 4)
        {
            bool isRead = side.Mmu.TryRead(World.At(0, start), out uint value, out fault);
            Assert.Equal(stop < 0, isRead);
            if (isRead) Assert.Equal(BitConverter.ToUInt32(side.Model.Values, start), value);
        }
        else
        {
            int read = side.Mmu.CopyOut(World.At(0, start), bytes, out fault);
            Assert.Equal(stop < 0 ? length : stop - start, read);
            Assert.True(bytes.AsSpan(0, read).SequenceEqual(side.Model.Values.AsSpan(start, read)), "bytes differ from the model's");
        }

        Check(side, start, stop, fault, isWrite: false);
    }

    private void Check(Side side, int start, int stop, MemoryFault fault, bool isWrite)
    {
        if (stop < 0)
        {
            Assert.Equal(MemoryFault.None, fault);
            return;
        }

        RefusedCount++;
        Assert.Equal(World.At(0, stop), fault.Address);
        MemoryFaultKind kind = !side.Model.IsMapped(stop, 1) ? MemoryFaultKind.NotMapped
            : side.Model.States[stop] == ByteState.Unaddressable ? MemoryFaultKind.Unaddressable
            : MemoryFaultKind.Uninitialized;
        Assert.Equal(kind, fault.Kind);
        Assert.False(isWrite && kind == MemoryFaultKind.Uninitialized);
        Assert.True(stop >= start);
    }

    private static void Unmap(Side side, int page)
    {
        World.Succeeds(side.Process.Memory.Unmap(World.At(page), 4096));
        side.Model.Clear(page, isMapped: false);
    }

    private static void Map(Side side, int page)
    {
        World.MapAs(side.Process, page, 1, MemoryProtection.ReadWrite, World.PrivateFixed);    // over what was there
        side.Model.Clear(page, isMapped: true);
    }

    private static void Move(Side side, int from, int to)
    {
        if (from == to || !side.Model.Mapped[from]) return;
        World.Succeeds(side.Process.Memory.Remap(
            World.At(from), 4096, 4096, RemapFlags.MayMove | RemapFlags.Fixed, World.At(to), out _));
        side.Model.Move(from, to);
    }

    private void Fork(Side side)
    {
        if (_sides.Count == 2)
        {
            Side old = _sides[1];
            _sides.RemoveAt(1);
            old.Process.Dispose();
            if (side == old) return;
        }

        _sides.Add(new(side.Process.Fork(), side.Model.Copy()));
    }

    private sealed class Side(UserProcess process, Model model)
    {
        private readonly List<(Snapshot Snapshot, Model Model)> _taken = [];

        public UserProcess Process { get; } = process;
        public Model Model { get; private set; } = model;
        public Mmu Mmu => Process.Memory.Mmu;
        public ByteShadow Shadow { get; } = process.Memory.OpenByteShadow();

        public void Take()
        {
            if (_taken.Count < 4) _taken.Add((Process.TakeSnapshot(), Model.Copy()));
        }

        public bool TryReturn(uint choice)
        {
            if (_taken.Count == 0) return false;
            (Snapshot snapshot, Model kept) = _taken[(int)(choice % (uint)_taken.Count)];
            World.Succeeds(snapshot.Restore());
            Model = kept.Copy();
            Compare();
            return true;
        }

        public void Compare()
        {
            ShadowTree tree = Process.Memory.Space.Shadow!;    // a call for each byte would take most of the test's time
            for (int at = 0; at < Bytes; at++)
            {
                ByteState found = tree.Find(World.At(0, at).Page)?[at % 4096] ?? ByteState.Good;
                if (Model.States[at] != found) Assert.Fail($"byte {at:x} is {found}, not {Model.States[at]}");
            }
        }
    }

    private sealed class Model
    {
        public byte[] Values { get; private init; } = new byte[Bytes];
        public ByteState[] States { get; private init; } = new ByteState[Bytes];
        public bool[] Mapped { get; private init; } = [.. Enumerable.Repeat(true, PageCount)];

        public Model Copy() => new() { Values = [.. Values], States = [.. States], Mapped = [.. Mapped] };

        public bool IsMapped(int start, int length)
        {
            for (int page = start / 4096; page <= (start + length - 1) / 4096; page++)
                if (!Mapped[page]) return false;
            return true;
        }

        /// <summary>
        /// The first byte that an access is refused at; -1: none. A value in two pages is checked page by page, like a copy.
        /// </summary>
        public int Refusal(int start, int length, bool isWrite)
        {
            for (int at = start; at < start + length; at++)
            {
                if (!Mapped[at / 4096]) return at;
                if (States[at] == ByteState.Unaddressable || (!isWrite && States[at] == ByteState.Uninitialized)) return at;
            }

            return -1;
        }

        public void Store(int start, int count, byte value)
        {
            Values.AsSpan(start, count).Fill(value);
            States.AsSpan(start, count).Clear();
        }

        public void Clear(int page, bool isMapped)
        {
            Values.AsSpan(page * 4096, 4096).Clear();
            States.AsSpan(page * 4096, 4096).Clear();
            Mapped[page] = isMapped;
        }

        public void Move(int from, int to)
        {
            Values.AsSpan(from * 4096, 4096).CopyTo(Values.AsSpan(to * 4096));
            States.AsSpan(from * 4096, 4096).CopyTo(States.AsSpan(to * 4096));
            Mapped[to] = true;
            Clear(from, isMapped: false);
        }
    }
}
