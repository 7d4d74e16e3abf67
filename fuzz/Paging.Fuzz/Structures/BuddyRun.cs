using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The buddy allocator beside a list of its allocated blocks.</summary>
internal sealed class BuddyRun : IStructureRun
{
    public static readonly string[] Operations =
        ["allocate", "allocate", "allocate", "free", "free", "block", "block", "free block", "free in pieces", "drain"];
    public static readonly string[] Outcomes = ["done", "none left", "nothing to do"];

    private const int Done = 0, NoneLeft = 1, NothingToDo = 2;

    private readonly PhysicalMemory _ram;
    private readonly FrameTable _frames;
    private readonly BuddyAllocator _allocator;
    private readonly List<(uint First, int Order)> _held = [];
    private readonly bool[] _isHeld;
    private readonly uint _total;
    private uint _heldCount;

    public BuddyRun(FuzzRandom random)
    {
        uint frameCount = random.OneOf([256u, 1024u, 2048u, 3000u]);
        _ram = new(new(frameCount), requestHugePages: false);
        _frames = new(_ram.FrameCount);
        _allocator = new(_ram, _frames);
        _isHeld = new bool[frameCount];
        _total = _allocator.FreeFrames.Value;
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        switch (operation.Kind)
        {
            case < 3: return Allocate(0, isBlock: false, out failure);
            case 5 or 6: return Allocate((int)(operation.A % 11 * (operation.B % 11) / 10), isBlock: true, out failure);
            case 9:
                _allocator.Drain();
                return Done;
        }

        if (_held.Count == 0) return NothingToDo;
        int index = (int)(operation.A % (uint)_held.Count);
        (uint first, int order) = _held[index];
        _held[index] = _held[^1];
        _held.RemoveAt(_held.Count - 1);
        Release(first, order, asBlock: operation.Kind == 7 || (order != 0 && operation.Kind < 5));
        return Done;
    }

    public string? Verify()
    {
        AuditReport report = new();
        _allocator.Audit(report);
        _frames.Audit(report);
        report.AddIfDifferent("model", "free frames", _total - _heldCount, _allocator.FreeFrames.Value);
        for (uint frame = 0; frame < _isHeld.Length; frame++)
        {
            bool isFree = _frames[new(frame)].State == FrameState.Free;
            if (_isHeld[frame] && isFree) report.Add("model", $"frame {frame:x} is held, and free");
        }

        return report.IsClean ? null : report.ToString();
    }

    public string? Finish()
    {
        foreach ((uint first, int order) in _held) Release(first, order, asBlock: false);
        _held.Clear();
        _allocator.Drain();
        return Verify() ?? (_allocator.TryAllocateBlock(BuddyAllocator.OrderMax - 4, FrameState.Kernel, out _)
            ? null : "everything is free, but there is no block of 64 frames");
    }

    public void Dispose()
    {
        _frames.Dispose();
        _ram.Release();
    }

    private int Allocate(int order, bool isBlock, out string? failure)
    {
        failure = null;
        FrameNumber first;
        bool done = isBlock
            ? _allocator.TryAllocateBlock(order, FrameState.Anonymous, out first) : _allocator.TryAllocate(FrameState.Anonymous, out first);
        if (!done)
        {
            if (order == 0 && _heldCount < _total) failure = $"no frame, but {_total - _heldCount} are free";
            return NoneLeft;
        }

        if ((first.Value & ((1u << order) - 1)) != 0) failure = $"block of order {order} at {first.Value:x}";
        for (uint frame = first.Value; frame < first.Value + (1u << order); frame++)
        {
            if (_isHeld[frame]) failure = $"frame {frame:x} was handed out twice";
            _isHeld[frame] = true;
        }

        _heldCount += 1u << order;
        _held.Add((first.Value, order));
        return Done;
    }

    private void Release(uint first, int order, bool asBlock)
    {
        for (uint frame = first; frame < first + (1u << order); frame++) _isHeld[frame] = false;
        _heldCount -= 1u << order;
        if (asBlock && order != 0)
        {
            _allocator.FreeBlock(new(first), order);
            return;
        }

        for (uint frame = first; frame < first + (1u << order); frame++) _allocator.Free(new(frame));
    }
}
