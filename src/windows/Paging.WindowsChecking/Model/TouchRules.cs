using static Paging.WindowsChecking.Model.ModelWords;

namespace Paging.WindowsChecking.Model;

/// <summary>Rules 12, 18, 22 to 26: the outcome of an access to a page.</summary>
internal static class TouchRules
{
    public const string Read = "read", Write = "write", Run = "execute";

    /// <summary>Makes the checks for one page. Returns null if the access is allowed; otherwise the name of the exception.</summary>
    /// <remarks>A guard that is hit is gone afterwards; a copy is made for a write to a write-copy page.</remarks>
    public static string? Check(WindowsModelProcess process, uint page, string kind, bool isKernel = false)
    {
        if (process.Find(page) is not { } found || !found.IsCommitted(page)) return "ACCESS_VIOLATION";
        uint protection = found.ProtectionOf(page);
        if ((protection & Guard) != 0)
        {
            found[page].Protection = protection & ~Guard;
            bool isStack = !isKernel && found.Section is null && page << 12 >= process.StackAllocation && page << 12 < process.StackBase;
            if (!isStack) return "GUARD_PAGE";
            if (Grow(process, found, page) is { } overflow) return overflow;
            protection = found.ProtectionOf(page);
        }

        bool mayGoOn = kind switch
        {
            Read => MayRead(protection),
            Write => MayWrite(protection),
            _ => MayExecute(protection),
        };
        if (!mayGoOn) return "ACCESS_VIOLATION";
        ModelPage touched = found[page];
        touched.InWorkingSet = true;
        if (kind is Write) NoteWrite(found, page, touched, protection);
        return null;
    }

    /// <summary>The bytes of a page that was checked.</summary>
    public static byte[] BytesOf(WindowsModelProcess process, uint page)
    {
        ModelAllocation found = process.Find(page)!;
        if (found.Section is { } section && !found[page].IsCopied) return section.File.Page(found.SectionPage(page));
        return found[page].Bytes ??= new byte[4096];
    }

    private static void NoteWrite(ModelAllocation allocation, uint page, ModelPage touched, uint protection)
    {
        if (allocation.IsWatched) touched.IsWritten = true;
        if (allocation.Section is not { } section || !IsWriteCopy(protection)) return;
        touched.Bytes = (byte[])section.File.Page(allocation.SectionPage(page)).Clone();
        touched.IsCopied = true;
        touched.Protection = AfterCopy(protection);
    }

    /// <summary>Rule 23.</summary>
    private static string? Grow(WindowsModelProcess process, ModelAllocation stack, uint page)
    {
        process.StackLimit = page << 12;
        uint next = page - 1;
        if (next <= process.StackAllocation >> 12 || !stack.Has(next)) return "STACK_OVERFLOW";
        stack[next].Committed = true;
        stack[next].Protection = ReadWrite | Guard;
        return null;
    }
}
