using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Paging.Core;

namespace Paging.Interop;

/// <summary>The texts of refusals in the words of paging.h: C's names of functions, fields and parameters, and one line.</summary>
/// <remarks>A name in quotes is the caller's own and stays. Bindings translate C's names of functions into theirs.</remarks>
internal static partial class CallerText
{
    // Sentences that advise a call; C has another one, or none. Longer ones first.
    private static readonly (string Engine, string Caller)[] Phrases =
    [
        ("VirtualProcessor.Run comes first, or EnterSlowPath around the access.", "paging_run comes first."),
        ("and this call needs the slow path for itself. Make it after EnterSlowPath, before the hold that it returns is disposed.",
            "and this call is for engines without allow_threads."),
        ("hand it over with BindToCurrentThread", "hand it over with paging_engine_bind"),
        ("makes one of its own with CreateProcessor", "makes one of its own with paging_processor_create"),
        ("EngineOptions.AllowThreads makes one that serves many", "The option allow_threads makes one that serves many"),
        ("GuestFile.ByteLengthMax", GuestFile.ByteLengthMax.ToString(CultureInfo.InvariantCulture)),
        ("EngineOptions.ShareRam", "share_ram"),
        ("AccessInformation.EveryAccess", "PAGING_POLICY_EVERY_ACCESS"),
        ("AccessInformation.AccessedBits", "PAGING_POLICY_ACCESSED_BITS"),
        ("Make them through its own object.", "Make them through its own handle."),
        ("dispose the other recorder first", "free the other recorder first"),
        ("before it is disposed", "before it is destroyed"),
        ("Tables must be Classic or Pae", "tables must be PAGING_TABLES_CLASSIC or PAGING_TABLES_PAE"),
        ("Swappiness must", "swappiness must"),
        ("Could not find a part of the path ", "There is no file "),    // .NET's words
        ("Could not find file ", "There is no file "),
        ("ShootdownTimeout", "shootdown_milliseconds"),
        ("LoadAll and ResumeAll load it", "paging_engine_load loads it"),
        ("Load and Resume load it", "paging_process_load loads it"),
        ("SavedProcesses.Load and LoadAll load them", "paging_process_load and paging_engine_load load them"),
        ("give names with nameOf", "give names with paging_snapshot_name"),
        ("ByteShadow", "paging_shadow"),
        ("byteLength", "length"),
    ];

    /// <summary>The text of an exception, for paging_last_error.</summary>
    public static string Of(Exception reason) => reason switch
    {
        RefusalException => reason.Message,    // written for C
        ObjectDisposedException gone => GoneText(gone),
        ArgumentNullException missing => $"{InC(missing.ParamName ?? "An argument")} must not be NULL.",
        ArgumentException wrong => ArgumentText(wrong),
        _ => InC(reason.Message.ReplaceLineEndings(" ")),
    };

    /// <summary>A sentence of the engine in C's words, without the number of a rule before it.</summary>
    public static string InC(string text)
    {
        text = Rule().Replace(text, "");
        StringBuilder made = new();
        int at = 0;
        foreach (Match quoted in Quoted().Matches(text))
        {
            _ = made.Append(Translate(text[at..quoted.Index])).Append(quoted.Value);
            at = quoted.Index + quoted.Length;
        }

        return made.Append(Translate(text[at..])).ToString();
    }

    /// <summary>The name of a handle's kind in paging.h.</summary>
    public static string NameOf(HandleKind kind) => kind switch
    {
        HandleKind.EngineSnapshot => "paging_snapshot (of an engine)",
        HandleKind.FrameLog => "paging_dirty_log (of an engine)",
        HandleKind.Pin => "paging_pinned",
        HandleKind.Userfaultfd => "paging_uffd",
        _ => "paging_" + Snake(kind.ToString()),
    };

    private static string Translate(string text)
    {
        foreach ((string engine, string caller) in Phrases) text = text.Replace(engine, caller, StringComparison.Ordinal);
        return Name().Replace(text, static found => Snake(found.Groups["name"].Value));
    }

    private static string GoneText(ObjectDisposedException gone)
    {
        string name = gone.ObjectName.Split('.')[^1];
        return name switch
        {
            nameof(UserProcess) or nameof(AddressSpace) or "" => "The process has exited, or was taken back by a snapshot.",
            nameof(Snapshot) => gone.Message.Split('\n')[0].TrimEnd('\r'),
            nameof(PagingEngine) => "The engine is destroyed.",
            _ => $"The {Snake(name).Replace('_', ' ')} is gone.",
        };
    }

    // .NET adds the parameter's name in brackets, and the value in a second line.
    private static string ArgumentText(ArgumentException wrong)
    {
        string text = wrong.Message.Split('\n')[0].TrimEnd('\r');
        int bracket = text.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        if (bracket >= 0) text = text[..bracket];
        string name = Snake(InC(wrong.ParamName ?? ""));
        if (wrong is not ArgumentOutOfRangeException { ActualValue: { } actual }) return InC(text);
        string value = actual is Enum ? Convert.ToInt64(actual, null).ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{actual}");
        Match checkedValue = Must().Match(text);
        string rule = checkedValue.Groups["rule"].Value.Replace("'", "", StringComparison.Ordinal);    // .NET quotes the bound
        if (checkedValue.Success) return $"{name} is {value}: it must be {InC(rule)}";
        return text.StartsWith("Specified argument", StringComparison.Ordinal)
            ? $"{name} is {value}, which no call allows." : $"{InC(text)} {name} is {value}.";
    }

    private static string Snake(string name)
    {
        StringBuilder made = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool isStart = char.IsUpper(name[i]) && i != 0 && !char.IsUpper(name[i - 1]) && name[i - 1] != '_';
            _ = isStart ? made.Append('_').Append(char.ToLowerInvariant(name[i])) : made.Append(char.ToLowerInvariant(name[i]));
        }

        return made.ToString();
    }

    // The caller's own words; an apostrophe within a word is none.
    [GeneratedRegex(@"(?<!\w)'[^']*'(?!\w)", RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^[A-Z]\d{1,2}: ", RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Rule();

    // A name with a capital inside, without the type before it. Not MiB and its kin, nor formats of traces.
    [GeneratedRegex(@"\b(?:[A-Z]\w*\.)*(?<name>(?!(?:[KMGT]iB|ChampSim|oracleGeneral)\b)[A-Za-z]\w*[a-z0-9][A-Z]\w*|(?<=\.)[A-Z]\w+)\b",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^\w+ \('.*'\) must be (?<rule>.*)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Must();
}
