using Paging.Core.Spaces;

namespace Paging.Core.SystemCalls;

/// <summary>The ioctls of a userfaultfd and of pagemap, one object each. They keep no state of their own.</summary>
internal sealed record UserfaultOperations(
    UserfaultRegistration Registration, UserfaultFill Fill, UserfaultMove Move, UserfaultProtection Protection, PageScan Scan,
    SpaceTable Spaces)
{
    /// <summary>Returns the address space of a context; null if it is gone.</summary>
    public Space? SpaceOf(UserfaultContext context)
    {
        foreach (Space space in Spaces.All)
            if (space.Userfaults is { } table && table == context.Table) return space;
        return null;
    }
}
