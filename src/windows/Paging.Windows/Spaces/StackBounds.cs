using Paging.Native;

namespace Paging.Windows.Spaces;

/// <summary>The three fields of a thread block that describe the running thread's stack.</summary>
/// <param name="Allocation">The start of its allocation. Windows: DeallocationStack of the TEB.</param>
/// <param name="Limit">The lowest address in use: StackLimit.</param>
/// <param name="Base">The end of the stack: StackBase. 0 if no stack is known.</param>
public readonly record struct StackBounds(VirtualAddress Allocation, VirtualAddress Limit, VirtualAddress Base)
{
    /// <summary>True if the page lies in the stack.</summary>
    public bool Contains(PageNumber page) => page >= Allocation.Page && page.Address.Value < Base.Value;
}
