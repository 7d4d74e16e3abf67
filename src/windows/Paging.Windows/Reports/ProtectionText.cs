namespace Paging.Windows.Reports;

/// <summary>Protections as winnt.h spells them.</summary>
public static class ProtectionText
{
    private const PageProtection Modifiers = PageProtection.Guard | PageProtection.NoCache | PageProtection.WriteCombine;
    private const string Execute = "EXECUTE";

    /// <summary>Returns for example <c>PAGE_READWRITE|PAGE_GUARD</c>; <c>0</c> for none.</summary>
    public static string ToHeaderName(this PageProtection protection)
    {
        PageProtection value = protection & ~Modifiers;
        if (value == PageProtection.None) return "0";
        string name = value.ToString().ToUpperInvariant();
        if (name.StartsWith(Execute, StringComparison.Ordinal) && name.Length > Execute.Length) name = name.Insert(Execute.Length, "_");
        string text = "PAGE_" + name;
        foreach (PageProtection modifier in (ReadOnlySpan<PageProtection>)
            [PageProtection.Guard, PageProtection.NoCache, PageProtection.WriteCombine])
        {
            if ((protection & modifier) != 0) text += "|PAGE_" + modifier.ToString().ToUpperInvariant();
        }

        return text;
    }
}
