# Installs an MSI package that enrols with an authorization code. Run it as an administrator.
[[- range .About]]
# [[comment .]]
[[- end]]
#
# Before, make the file of the code, in a folder that only administrators and the system can read:
#   icacls FOLDER /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F"
# The script removes the file after the installation.
#
# What keeps the code secret, and what does not:
# - Windows Installer is called within this process. With msiexec, each user could read the code in its
#   command line, and so could the log of new processes (event 4688).
# - Only the author of a package can keep a property out of its log, by naming it in MsiHiddenProperties. The
#   script reads the package and stops if the property is not there. A custom action that hands the code on
#   needs its own name there too, which the script cannot see.
# - The policy Debug=7 of Windows Installer logs command lines in spite of that. The script stops if it is set.
#Requires -Version 5.1
#Requires -RunAsAdministrator
$ErrorActionPreference = 'Stop'
$codeFile = [[quote .CodeFile]]
$package = [[quote .Package]]
$property = [[quote .Property]]

$allowed = @('S-1-5-18', 'S-1-5-32-544', [Security.Principal.WindowsIdentity]::GetCurrent().User.Value)
$rules = (Get-Acl -LiteralPath $codeFile).GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])
foreach ($rule in $rules) {
  if ($rule.AccessControlType -eq 'Allow' -and $allowed -notcontains $rule.IdentityReference.Value) {
    throw "others may read ${codeFile}: $($rule.IdentityReference.Value). Take their access away, and another code."
  }
}
$policy = Get-ItemProperty -LiteralPath 'HKLM:\Software\Policies\Microsoft\Windows\Installer' -ErrorAction SilentlyContinue
if ($policy -and ($policy.Debug -band 4)) {
  throw 'the policy Debug of Windows Installer would write the code into a log: take it away first'
}

function Invoke-Method($object, $name, $arguments) {
  $object.GetType().InvokeMember($name, [Reflection.BindingFlags]::InvokeMethod, $null, $object, $arguments)
}
$package = (Get-Item -LiteralPath $package).FullName
$installer = New-Object -ComObject WindowsInstaller.Installer
$database = Invoke-Method $installer 'OpenDatabase' @($package, 0)
$view = Invoke-Method $database 'OpenView' @("SELECT ``Value`` FROM ``Property`` WHERE ``Property`` = 'MsiHiddenProperties'")
[void](Invoke-Method $view 'Execute' $null)
$record = Invoke-Method $view 'Fetch' $null
$hidden = @()
if ($record) {
  $value = $record.GetType().InvokeMember('StringData', [Reflection.BindingFlags]::GetProperty, $null, $record, @(1))
  $hidden = $value.Split(';') | ForEach-Object { $_.Trim() }
}
[void](Invoke-Method $view 'Close' $null)
$record = $view = $database = $null
[GC]::Collect()
if ($hidden -cnotcontains $property) {
  throw "the package does not hide $property from its log: its author must add it to MsiHiddenProperties"
}

$values = @('REBOOT=ReallySuppress')
[[- range .Set]]
$values += [[quote (printf "%s=" .Name)]] + '"' + [[quote .Value]].Replace('"', '""') + '"'
[[- end]]
[void]$installer.GetType().InvokeMember('UILevel', [Reflection.BindingFlags]::SetProperty, $null, $installer, @(2))
$arguments = @($package, [string]::Join(' ', $values))
# Methods instead of commands, whose arguments the log of PowerShell has (event 4103).
$arguments[1] += ' ' + $property + '="' + [IO.File]::ReadAllText($codeFile).Trim().Replace('"', '""') + '"'
[void]$installer.GetType().InvokeMember('InstallProduct', [Reflection.BindingFlags]::InvokeMethod, $null, $installer, $arguments)
$arguments = $null
Remove-Item -LiteralPath $codeFile
